using System.Reflection;
using Microsoft.ML.Data;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>The values that one input column had at the rows of a read-ahead window.</summary>
internal abstract class ReadAheadColumn : IDisposable
{
    private static readonly MethodInfo CreateTypedMethod = typeof(ReadAheadColumn).GetMethod(nameof(CreateTyped), BindingFlags.NonPublic | BindingFlags.Static)!;
    private static readonly MethodInfo CreateVectorMethod = typeof(ReadAheadColumn).GetMethod(nameof(CreateVector), BindingFlags.NonPublic | BindingFlags.Static)!;

    /// <summary>A window over <paramref name="column"/> of <paramref name="input"/>.</summary>
    public static ReadAheadColumn Create(DataViewRow input, DataViewSchema.Column column, RowLocator locator)
    {
        Type type = column.Type.RawType;
        if (type == typeof(MLImage))
            return new Images(input.GetGetter<MLImage>(column), column.Name, locator);
        var create = type.IsGenericType && type.GetGenericTypeDefinition() == typeof(VBuffer<>)
            ? CreateVectorMethod.MakeGenericMethod(type.GetGenericArguments())
            : CreateTypedMethod.MakeGenericMethod(type);
        return (ReadAheadColumn)create.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [input, column], null)!;
    }

    /// <summary>Makes room for <paramref name="rows"/> rows.</summary>
    public abstract void EnsureCapacity(int rows);

    /// <summary>Keeps the value at the input's current row as that of row <paramref name="row"/> of the window.</summary>
    public abstract void Capture(int row);

    /// <summary>A getter, for users of the cursor, of the value at the row that <paramref name="current"/> names. What it gives is the caller's.</summary>
    public abstract Delegate Getter(Func<int> current);

    /// <summary>A getter for use inside: what it gives remains the window's, is not copied, and must be neither changed nor disposed.</summary>
    public abstract Delegate BorrowingGetter(Func<int> current);

    public abstract void Dispose();

    private static Plain<T> CreateTyped<T>(DataViewRow input, DataViewSchema.Column column) => new(input.GetGetter<T>(column));

    private static Vectors<T> CreateVector<T>(DataViewRow input, DataViewSchema.Column column) => new(input.GetGetter<VBuffer<T>>(column));

    private abstract class Of<T> : ReadAheadColumn
    {
        private protected T[] Values = [];

        public override void EnsureCapacity(int rows)
        {
            if (Values.Length < rows)
                Array.Resize(ref Values, rows);
        }

        public override Delegate BorrowingGetter(Func<int> current) => (ValueGetter<T>)((ref T value) => value = Values[current()]);

        public override void Dispose()
        {
        }
    }

    private sealed class Plain<T>(ValueGetter<T> source) : Of<T>
    {
        public override void Capture(int row) => source(ref Values[row]);

        public override Delegate Getter(Func<int> current) => BorrowingGetter(current);
    }

    private sealed class Vectors<T>(ValueGetter<VBuffer<T>> source) : Of<VBuffer<T>>
    {
        public override void Capture(int row) => source(ref Values[row]);

        public override Delegate Getter(Func<int> current) => (ValueGetter<VBuffer<T>>)((ref VBuffer<T> value) => Values[current()].CopyTo(ref value));
    }

    /// <summary>
    /// Images are copied, both ways: a getter of ML.NET disposes at its next call what it gave before, or gives an image that another column gave too
    /// (ResizeImages, where the size is right already). What the source handed out is never disposed here.
    /// </summary>
    private sealed class Images(ValueGetter<MLImage> source, string columnName, RowLocator locator) : Of<MLImage?>
    {
        private readonly object _gate = new(); // an image that is freed while it is copied would take the process with it
        private MLImage? _lent;
        private bool _disposed;

        public override void Capture(int row)
        {
            try
            {
                source(ref _lent!);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                throw MLImageReader.LoadError(locator, columnName, e);
            }

            Values[row]?.Dispose();
            Values[row] = null;
            Values[row] = Copy(_lent);
        }

        public override Delegate Getter(Func<int> current) => (ValueGetter<MLImage>)((ref MLImage value) =>
        {
            value?.Dispose(); // ours, of an earlier call: the convention of LoadImages
            value = null!;
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_disposed, typeof(BatchingCursor));
                value = Copy(Values[current()])!;
            }
        });

        public override void Dispose()
        {
            lock (_gate)
            {
                _disposed = true;
                foreach (var image in Values)
                    image?.Dispose();
            }

            base.Dispose();
        }

        private static MLImage? Copy(MLImage? image)
        {
            if (image is null)
                return null;
            var copy = MLImage.CreateFromPixels(image.Width, image.Height, image.PixelFormat, image.Pixels);
            copy.Tag = image.Tag;
            return copy;
        }
    }
}
