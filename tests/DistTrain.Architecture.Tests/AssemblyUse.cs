using System.Collections.Immutable;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace DistTrain.Architecture.Tests;

/// <summary>A member of another assembly that is used: the type's namespace and name (without arity), and the member's name.</summary>
internal readonly record struct UsedMember(string Namespace, string Type, string Member)
{
    public override string ToString() => $"{Namespace}.{Type}.{Member}";
}

/// <summary>A type of another assembly that is used. Nested types have their outer type's namespace.</summary>
internal readonly record struct UsedType(string Assembly, string Namespace, string Name)
{
    public string FullName => $"{Namespace}.{Name}";
}

/// <summary>What a compiled assembly uses of others, as its metadata says.</summary>
internal sealed record AssemblyUse(string Name, ImmutableArray<string> Assemblies, ImmutableArray<UsedType> Types, ImmutableArray<UsedMember> Members)
{
    private const byte GenericInstance = 0x15;

    public static AssemblyUse Read(string path)
    {
        using var file = new PEReader(File.OpenRead(path));
        var reader = file.GetMetadataReader();
        return new AssemblyUse(
            reader.GetString(reader.GetAssemblyDefinition().Name),
            [.. reader.AssemblyReferences.Select(handle => reader.GetString(reader.GetAssemblyReference(handle).Name))],
            [.. reader.TypeReferences.Select(handle => TypeOf(reader, handle))],
            [.. reader.MemberReferences.Select(handle => MemberOf(reader, reader.GetMemberReference(handle))).OfType<UsedMember>()]);
    }

    private static UsedMember? MemberOf(MetadataReader reader, MemberReference member) => DeclaringType(reader, member.Parent) is { } handle
        ? new UsedMember(TypeOf(reader, handle).Namespace, TypeOf(reader, handle).Name, reader.GetString(member.Name))
        : null;

    /// <summary>Null for members of the assembly's own types.</summary>
    private static TypeReferenceHandle? DeclaringType(MetadataReader reader, EntityHandle parent)
    {
        if (parent.Kind == HandleKind.TypeSpecification)
        {
            var signature = reader.GetBlobReader(reader.GetTypeSpecification((TypeSpecificationHandle)parent).Signature);
            if (signature.ReadByte() != GenericInstance)
            {
                return null;
            }

            signature.ReadByte();
            parent = signature.ReadTypeHandle();
        }

        return parent.Kind == HandleKind.TypeReference ? (TypeReferenceHandle)parent : null;
    }

    private static UsedType TypeOf(MetadataReader reader, TypeReferenceHandle handle)
    {
        var type = reader.GetTypeReference(handle);
        var name = WithoutArity(reader.GetString(type.Name));
        switch (type.ResolutionScope.Kind)
        {
            case HandleKind.TypeReference:
                var outer = TypeOf(reader, (TypeReferenceHandle)type.ResolutionScope);
                return outer with { Name = $"{outer.Name}.{name}" };
            case HandleKind.AssemblyReference:
                var assembly = reader.GetAssemblyReference((AssemblyReferenceHandle)type.ResolutionScope);
                return new UsedType(reader.GetString(assembly.Name), reader.GetString(type.Namespace), name);
            default:
                return new UsedType("", reader.GetString(type.Namespace), name);
        }
    }

    private static string WithoutArity(string name) => name.Split('`')[0];
}
