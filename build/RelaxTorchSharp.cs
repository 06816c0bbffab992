using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>
/// Copies TorchSharp's native Linux library and marks, in the copy, a version of the C++ library that it asks for and never uses as
/// optional.
/// </summary>
/// <remarks>
/// TorchSharp 0.107 is linked on a system with GCC 13, whose &lt;iostream&gt; mentions one symbol of version GLIBCXX_3.4.32.
/// Nothing calls it, yet the loader refuses the library on every system with an older libstdc++ (Debian 12, Ubuntu 22.04,
/// RHEL 9). ELF has a flag for just this case, VER_FLG_WEAK: a version that may be missing. It is set only after checking that
/// no relocation refers to any symbol of that version, so that nothing could have been bound to it; then the flag changes
/// nothing but the refusal. Any other file (another architecture, another format, a library without the need, or one that
/// does use the symbol) is copied as it is. Structures: System V gABI, "Dynamic Section"; LSB Core, "Symbol Versioning".
/// </remarks>
public sealed class RelaxTorchSharp : Task
{
    private const string UnusedVersion = "GLIBCXX_3.4.32";
    private const ushort WeakVersion = 2; // VER_FLG_WEAK
    private const long DtStringTable = 5, DtRela = 7, DtRelaSize = 8, DtPltRelSize = 2, DtPltRel = 20, DtJumpRel = 23,
        DtRel = 17, DtVersionSymbols = 0x6FFFFFF0, DtVersionNeed = 0x6FFFFFFE, DtVersionNeedCount = 0x6FFFFFFF;
    private const int RelaEntry = 24;

    private byte[] _file = Array.Empty<byte>();
    private readonly List<long[]> _segments = new List<long[]>(); // address, offset, size of each loaded segment
    private readonly Dictionary<long, long> _dynamic = new Dictionary<long, long>();

    [Required]
    public ITaskItem[] Sources { get; set; } = Array.Empty<ITaskItem>();

    [Required]
    public ITaskItem[] Destinations { get; set; } = Array.Empty<ITaskItem>();

    public override bool Execute()
    {
        for (int i = 0; i < Sources.Length; i++)
        {
            string source = Sources[i].ItemSpec, destination = Destinations[i].ItemSpec;
            try
            {
                _file = File.ReadAllBytes(source);
                Log.LogMessage(MessageImportance.Low, "{0}: {1}", source, Relax());

                // Written beside and moved: an interrupted build leaves nothing half-written, and a file that other output
                // folders may be linked to is replaced, never written into.
                Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(destination))!);
                string temporary = destination + "." + Guid.NewGuid().ToString("N");
                File.WriteAllBytes(temporary, _file);
                File.Delete(destination);
                File.Move(temporary, destination);
            }
            catch (Exception e) when (e is IOException || e is UnauthorizedAccessException)
            {
                Log.LogError(null, "GLORO0010", null, source, 0, 0, 0, 0, "TorchSharp's native library could not be copied to '{0}': {1}",
                    destination, e.Message);
            }
        }

        return !Log.HasLoggedErrors;
    }

    private string Relax()
    {
        _segments.Clear();
        _dynamic.Clear();
        try
        {
            if (!ReadDynamicSection())
                return "not a 64-bit x86 Linux library; copied as it is";
            int flags = FindNeed(out int version);
            if (flags < 0)
                return "does not ask for " + UnusedVersion + "; copied as it is";
            if ((UInt16(flags) & WeakVersion) != 0)
                return "the need for " + UnusedVersion + " is optional already; copied as it is";
            if (!IsUnused(version))
                return "uses " + UnusedVersion + "; copied as it is";
            _file[flags] |= (byte)WeakVersion;
            return "the unused need for " + UnusedVersion + " was made optional";
        }
        catch (Exception e) when (e is ArgumentException || e is IndexOutOfRangeException || e is InvalidDataException
            || e is OverflowException)
        {
            return "not understood as an ELF library (" + e.Message + "); copied as it is";
        }
    }

    private bool ReadDynamicSection()
    {
        // ELF magic, 64 bits, little-endian, version 1; ET_DYN; EM_X86_64.
        if (_file.Length < 64 || UInt32(0) != 0x464C457F || _file[4] != 2 || _file[5] != 1 || _file[6] != 1 || UInt16(16) != 3
            || UInt16(18) != 62)
            return false;
        long headers = Int64(32);
        int size = UInt16(54), count = UInt16(56);
        Check(size == 56, "program header size");
        long dynamicAt = -1, dynamicSize = 0;
        for (int i = 0; i < count; i++)
        {
            int header = checked((int)(headers + i * size));
            uint type = UInt32(header);
            if (type == 1) // PT_LOAD
                _segments.Add(new[] { Int64(header + 16), Int64(header + 8), Int64(header + 32) });
            else if (type == 2) // PT_DYNAMIC
            {
                dynamicAt = Int64(header + 8);
                dynamicSize = Int64(header + 32);
            }
        }

        Check(dynamicAt >= 0, "no dynamic section");
        for (long at = dynamicAt; at + 16 <= dynamicAt + dynamicSize; at += 16)
        {
            long tag = Int64(checked((int)at));
            if (tag == 0)
                break;
            _dynamic[tag] = Int64(checked((int)at + 8));
        }

        return true;
    }

    /// <summary>Where the flags of the need are, or −1; and the number by which symbols refer to it.</summary>
    private int FindNeed(out int version)
    {
        version = 0;
        if (!_dynamic.ContainsKey(DtVersionNeed) || !_dynamic.ContainsKey(DtVersionNeedCount))
            return -1;
        int file = OffsetOf(DtVersionNeed), found = -1;
        long files = _dynamic[DtVersionNeedCount];
        for (long i = 0; i < files; i++)
        {
            Check(UInt16(file) == 1, "version need revision");
            int versions = UInt16(file + 2), at = checked(file + (int)UInt32(file + 8));
            for (int j = 0; j < versions; j++)
            {
                if (StringAt(UInt32(at + 8)) == UnusedVersion)
                {
                    Check(found < 0, "a version needed twice");
                    found = at + 4;
                    version = UInt16(at + 6);
                }

                uint next = UInt32(at + 12);
                Check(next != 0 || j == versions - 1, "a version need chain that ends early");
                at = checked(at + (int)next);
            }

            uint nextFile = UInt32(file + 12);
            Check(nextFile != 0 || i == files - 1, "a version need chain that ends early");
            file = checked(file + (int)nextFile);
        }

        return found;
    }

    /// <summary>No relocation refers to a symbol of the version, so the loader never looks one up.</summary>
    private bool IsUnused(int version)
    {
        Check(!_dynamic.ContainsKey(DtRel), "REL relocations"); // x86-64 has RELA only. DT_RELR holds relative ones, without symbols.
        int versions = OffsetOf(DtVersionSymbols);
        Check(!_dynamic.ContainsKey(DtJumpRel) || _dynamic[DtPltRel] == DtRela, "procedure linkage by REL");
        return IsUnused(version, versions, DtRela, DtRelaSize) && IsUnused(version, versions, DtJumpRel, DtPltRelSize);
    }

    private bool IsUnused(int version, int versions, long tableTag, long sizeTag)
    {
        if (!_dynamic.ContainsKey(tableTag))
            return true;
        int table = OffsetOf(tableTag);
        long size = _dynamic[sizeTag];
        Check(size >= 0 && size % RelaEntry == 0, "relocation table size");
        for (long at = 0; at < size; at += RelaEntry)
        {
            long symbol = (long)((ulong)Int64(checked((int)(table + at) + 8)) >> 32);
            if (symbol != 0 && (UInt16(checked((int)(versions + 2 * symbol))) & 0x7FFF) == version)
                return false;
        }

        return true;
    }

    private int OffsetOf(long tag)
    {
        if (!_dynamic.TryGetValue(tag, out long address))
            throw new InvalidDataException("dynamic entry " + tag + " is missing");
        foreach (long[] segment in _segments)
        {
            if (address >= segment[0] && address < segment[0] + segment[2])
                return checked((int)(address - segment[0] + segment[1]));
        }

        throw new InvalidDataException("dynamic entry " + tag + " points outside the file");
    }

    private string StringAt(uint index)
    {
        int start = checked(OffsetOf(DtStringTable) + (int)index), end = Array.IndexOf(_file, (byte)0, start);
        Check(end >= 0, "an unterminated string");
        return Encoding.ASCII.GetString(_file, start, end - start);
    }

    private ushort UInt16(int at) => BitConverter.ToUInt16(_file, at);

    private uint UInt32(int at) => BitConverter.ToUInt32(_file, at);

    private long Int64(int at) => BitConverter.ToInt64(_file, at);

    private static void Check(bool condition, string fault)
    {
        if (!condition)
            throw new InvalidDataException(fault);
    }
}
