using System.Runtime.InteropServices;

namespace Microsoft.ML.Gloro.Torch;

/// <summary>
/// Lets the C library keep the memory that a step of training frees, for as long as this object is not disposed. glibc gives it back to the
/// system after every step and asks for it again in the next, page by page, each page cleared: about a tenth of a step's time. With it the
/// process stays at the most that a step needs, and no more.
/// </summary>
/// <remarks>
/// The settings are the process's. The last of several trainings to end puts them back, to the values that glibc reaches by itself once
/// blocks of this size were freed (M_MMAP_THRESHOLD in mallopt(3)), and hands the memory back. Does nothing where there is no glibc.
/// Thread-safe.
/// </remarks>
internal sealed class RetainedMemory : IDisposable
{
    // From malloc.h.
    private const int TrimThreshold = -1, TopPad = -2, MMapThreshold = -3, MMapMax = -4;

    private const int LargestMMapThreshold = 32 << 20, HeapSize = 64 << 20, DefaultMMapMax = 65536;

    private static readonly object s_lock = new();
    private static int s_users;

    private bool _disposed;

    public RetainedMemory()
    {
        lock (s_lock)
        {
            if (s_users++ > 0)
                return;
            Set(TrimThreshold, -1);
            Set(MMapMax, 0);

            // Threads but the first have heaps of 64 MB each, which go when they are empty unless the padding asks for more than two of
            // them.
            Set(TopPad, 2 * HeapSize);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (s_lock)
        {
            if (_disposed)
                return;
            _disposed = true;
            if (--s_users > 0)
                return;
            Set(MMapThreshold, LargestMMapThreshold);
            Set(MMapMax, DefaultMMapMax);
            Set(TrimThreshold, 2 * LargestMMapThreshold);
            Set(TopPad, 0);
            Call(() => Trim(0));
        }
    }

    private static void Set(int parameter, int value) => Call(() => Option(parameter, value));

    private static void Call(Func<int> function)
    {
        if (!OperatingSystem.IsLinux())
            return;
        try
        {
            function();
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            // Another C library, which has habits of its own.
        }
    }

    [DllImport("libc.so.6", EntryPoint = "mallopt", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Option(int parameter, int value);

    [DllImport("libc.so.6", EntryPoint = "malloc_trim", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Trim(nuint padding);
}
