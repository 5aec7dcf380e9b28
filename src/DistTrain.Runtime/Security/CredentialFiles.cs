namespace DistTrain.Runtime.Security;

/// <summary>The names of the files in a folder of credentials.</summary>
/// <param name="Folder">That holds them.</param>
public sealed record CredentialFiles(string Folder)
{
    /// <summary>What every member knows: a text, whose bytes are the key. As it is made here, 256 random bits in base64.</summary>
    public string Secret => Path.Combine(Folder, "secret");

    /// <summary>The certificate of the cluster's authority, in PEM.</summary>
    public string Authority => Path.Combine(Folder, "authority.pem");

    /// <summary>The authority's key. Only for whoever makes certificates; no node reads it.</summary>
    public string AuthorityKey => Path.Combine(Folder, "authority.key");

    /// <summary>The certificate that nodes show, in PEM.</summary>
    public string Node => Path.Combine(Folder, "node.pem");

    /// <summary>The key of the nodes' certificate.</summary>
    public string NodeKey => Path.Combine(Folder, "node.key");
}
