using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>
/// Writes a copy of an assembly in which a named list of types and members is public. Only the compiler sees the copy.
/// </summary>
/// <remarks>
/// Nothing is rewritten: visibility is three bits of a flags field, and they are set in place. To find them it is enough to
/// know the row sizes of the metadata tables up to MethodDef (ECMA-335, II.24.2.6 and II.22). Reading those few tables by
/// hand spares every build machine a dependency: an inline task compiles against netstandard2.0, which has no metadata reader.
/// Entries: <c>Full.Name.Of.Type</c> (the type alone) or <c>Full.Name.Of.Type::Member</c> (all methods and fields so named), with the
/// assembly's name as metadata <c>Assembly</c>; entries of other assemblies are ignored.
/// </remarks>
public sealed class PublicizeMembers : Task
{
    private const int ModuleTable = 0x00, TypeRefTable = 0x01, TypeDefTable = 0x02, FieldPtrTable = 0x03, FieldTable = 0x04,
        MethodPtrTable = 0x05, MethodDefTable = 0x06, ParamTable = 0x08, ModuleRefTable = 0x1A, TypeSpecTable = 0x1B,
        AssemblyRefTable = 0x23;
    private const int VisibilityMask = 7, PublicType = 1, PublicMember = 6;

    private byte[] _image = Array.Empty<byte>();
    private readonly int[] _rows = new int[64];
    private readonly int[] _tableStart = new int[64];
    private readonly int[] _rowSize = new int[64];
    private int _stringHeap, _stringIndex, _guidIndex, _blobIndex;

    [Required]
    public string Source { get; set; } = "";

    [Required]
    public string Destination { get; set; } = "";

    [Required]
    public ITaskItem[] Members { get; set; } = Array.Empty<ITaskItem>();

    public override bool Execute()
    {
        string assembly = Path.GetFileNameWithoutExtension(Source);
        var wanted = new HashSet<string>(
            Members.Where(member => member.GetMetadata("Assembly") == assembly).Select(member => member.ItemSpec), StringComparer.Ordinal);
        var found = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            _image = File.ReadAllBytes(Source);
            LocateTables();
            Publicize(wanted, found);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or IndexOutOfRangeException
            or ArgumentException)
        {
            Log.LogError(null, "GLORO0002", null, Source, 0, 0, 0, 0, "'{0}' could not be read as a .NET assembly: {1}", Source, e.Message);
            return false;
        }

        foreach (var missing in wanted.Except(found).OrderBy(name => name, StringComparer.Ordinal))
        {
            Log.LogError(null, "GLORO0001", null, Source, 0, 0, 0, 0,
                "'{0}' is not in {1}. This version of ML.NET has renamed or removed a member that the library saves, loads, exports or " +
                "cancels with; change the PublicizeMember items and the file that uses them, or the ML.NET version.",
                missing, Path.GetFileName(Source));
        }

        if (Log.HasLoggedErrors)
            return false;

        // Written beside and moved, so that a build which is interrupted leaves no half-written reference behind.
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(Destination))!);
        var temporary = Destination + "." + Guid.NewGuid().ToString("N");
        File.WriteAllBytes(temporary, _image);
        File.Delete(Destination);
        File.Move(temporary, Destination);
        return true;
    }

    private void Publicize(HashSet<string> wanted, HashSet<string> found)
    {
        int extendsSize = CodedIndexSize(2, TypeDefTable, TypeRefTable, TypeSpecTable);
        int firstField = 4 + 2 * _stringIndex + extendsSize, firstMethod = firstField + IndexSize(FieldTable);
        for (int row = 0; row < _rows[TypeDefTable]; row++)
        {
            int type = RowAt(TypeDefTable, row);
            int flags = BitConverter.ToInt32(_image, type);
            if ((flags & VisibilityMask) > PublicType)
                continue; // A nested type: its full name is not in this row, and none is asked for.

            string space = StringAt(type + 4 + _stringIndex), name = StringAt(type + 4);
            if (space.Length > 0)
                name = space + "." + name;

            if (wanted.Contains(name))
            {
                found.Add(name);
                _image[type] = (byte)((flags & ~VisibilityMask) | PublicType);
            }

            OpenMembers(name, type + firstField, row, FieldTable, flagsAt: 0, nameAt: 2, wanted, found);
            OpenMembers(name, type + firstMethod, row, MethodDefTable, flagsAt: 6, nameAt: 8, wanted, found);
        }
    }

    private void OpenMembers(
        string type, int listAt, int row, int table, int flagsAt, int nameAt, HashSet<string> wanted, HashSet<string> found)
    {
        int size = IndexSize(table);
        int first = Index(listAt, size);
        int end = row + 1 < _rows[TypeDefTable] ? Index(listAt + _rowSize[TypeDefTable], size) : _rows[table] + 1;
        for (int member = first; member < end; member++)
        {
            int at = RowAt(table, member - 1);
            string key = type + "::" + StringAt(at + nameAt);
            if (!wanted.Contains(key))
                continue;
            found.Add(key);
            _image[at + flagsAt] = (byte)((_image[at + flagsAt] & ~VisibilityMask) | PublicMember);
        }
    }

    private void LocateTables()
    {
        int metadata = LocateMetadata();
        Check(BitConverter.ToUInt32(_image, metadata) == 0x424A5342, "no metadata signature");
        int stream = metadata + 16 + BitConverter.ToInt32(_image, metadata + 12);
        int streams = BitConverter.ToUInt16(_image, stream + 2);
        stream += 4;
        int tables = -1;
        _stringHeap = -1;
        for (int i = 0; i < streams; i++)
        {
            int start = metadata + BitConverter.ToInt32(_image, stream);
            int nameAt = stream + 8, length = ZeroTerminated(nameAt);
            string name = Encoding.ASCII.GetString(_image, nameAt, length);
            if (name == "#~")
                tables = start;
            else if (name == "#Strings")
                _stringHeap = start;
            stream = nameAt + (length / 4 + 1) * 4;
        }

        Check(tables >= 0 && _stringHeap >= 0, "no table or string stream");
        int heaps = _image[tables + 6];
        _stringIndex = (heaps & 1) != 0 ? 4 : 2;
        _guidIndex = (heaps & 2) != 0 ? 4 : 2;
        _blobIndex = (heaps & 4) != 0 ? 4 : 2;
        ulong valid = BitConverter.ToUInt64(_image, tables + 8);
        int at = tables + 24;
        for (int table = 0; table < 64; table++)
        {
            if ((valid >> table & 1) == 0)
                continue;
            _rows[table] = BitConverter.ToInt32(_image, at);
            at += 4;
        }

        Check(_rows[FieldPtrTable] == 0 && _rows[MethodPtrTable] == 0, "an edit-and-continue assembly");
        _rowSize[ModuleTable] = 2 + _stringIndex + 3 * _guidIndex;
        _rowSize[TypeRefTable] = CodedIndexSize(2, ModuleTable, ModuleRefTable, AssemblyRefTable, TypeRefTable) + 2 * _stringIndex;
        _rowSize[TypeDefTable] = 4 + 2 * _stringIndex + CodedIndexSize(2, TypeDefTable, TypeRefTable, TypeSpecTable)
            + IndexSize(FieldTable) + IndexSize(MethodDefTable);
        _rowSize[FieldTable] = 2 + _stringIndex + _blobIndex;
        _rowSize[MethodDefTable] = 8 + _stringIndex + _blobIndex + IndexSize(ParamTable);
        for (int table = 0; table <= MethodDefTable; table++)
        {
            _tableStart[table] = at;
            at += _rows[table] * _rowSize[table];
        }
    }

    private int LocateMetadata()
    {
        Check(_image.Length > 0x40 && BitConverter.ToUInt16(_image, 0) == 0x5A4D, "no PE header");
        int pe = BitConverter.ToInt32(_image, 0x3C);
        int sections = BitConverter.ToUInt16(_image, pe + 6), optionalSize = BitConverter.ToUInt16(_image, pe + 20), optional = pe + 24;
        int directories = BitConverter.ToUInt16(_image, optional) == 0x20B ? optional + 112 : optional + 96;
        int sectionTable = optional + optionalSize;
        int cli = FileOffset(BitConverter.ToInt32(_image, directories + 14 * 8), sectionTable, sections);
        return FileOffset(BitConverter.ToInt32(_image, cli + 8), sectionTable, sections);
    }

    private int FileOffset(int address, int sectionTable, int sections)
    {
        for (int i = 0; i < sections; i++)
        {
            int section = sectionTable + 40 * i;
            int start = BitConverter.ToInt32(_image, section + 12), size = BitConverter.ToInt32(_image, section + 16);
            if (address >= start && address < start + size)
                return address - start + BitConverter.ToInt32(_image, section + 20);
        }

        throw new InvalidDataException("an address lies in no section");
    }

    private int RowAt(int table, int row)
    {
        Check(row >= 0 && row < _rows[table], "a row index is out of range");
        return _tableStart[table] + row * _rowSize[table];
    }

    private int Index(int at, int size) => size == 4 ? BitConverter.ToInt32(_image, at) : BitConverter.ToUInt16(_image, at);

    private int IndexSize(int table) => _rows[table] > 0xFFFF ? 4 : 2;

    private int CodedIndexSize(int tagBits, params int[] tables) => tables.Max(table => _rows[table]) >= 1 << (16 - tagBits) ? 4 : 2;

    private string StringAt(int at)
    {
        int start = _stringHeap + Index(at, _stringIndex);
        return Encoding.UTF8.GetString(_image, start, ZeroTerminated(start));
    }

    private int ZeroTerminated(int start) => Array.IndexOf(_image, (byte)0, start) - start;

    private static void Check(bool condition, string fault)
    {
        if (!condition)
            throw new InvalidDataException(fault);
    }
}
