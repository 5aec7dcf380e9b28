using System.Collections;

namespace DistTrain.Actors;

/// <summary>Effects in the order in which they are to be carried out. A runtime keeps one and clears it between messages.</summary>
public sealed class EffectList : IReadOnlyList<Effect>
{
    private readonly List<Effect> effects = [];

    public int Count => effects.Count;

    public Effect this[int index] => effects[index];

    public void Add(Effect effect) => effects.Add(effect);

    public void Send(ActorAddress to, ActorMessage message) => effects.Add(new Send(to, message));

    public void Announce(Announcement announcement) => effects.Add(new Announce(announcement));

    /// <summary>A sentence for people: a decision with its reason.</summary>
    public void Notice(string sentence) => effects.Add(new Announce(new NoticeAnnounced(sentence)));

    public void Log(string sentence) => effects.Add(new Log(sentence));

    public void Refuse(Message message, string reason) => effects.Add(new Refuse(message, reason));

    public void Clear() => effects.Clear();

    public IEnumerator<Effect> GetEnumerator() => effects.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
