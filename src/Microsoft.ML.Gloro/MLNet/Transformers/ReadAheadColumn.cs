using System.Reflection;
using Microsoft.ML.Data;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>The values that one input column had at the rows of a read-ahead window.</summary>
internal abstract class ReadAheadColumn : IDisposable
{
    private const BindingFlags PrivateStatic = BindingFlags.NonPublic | BindingFlags.Static;

    private static readonly MethodInfo CreateTypedMethod = typeof(ReadAheadColumn).GetMethod(nameof(CreateTyped), PrivateStatic)!;
    private static readonly MethodInfo CreateVectorMethod = typeof(ReadAheadColumn).GetMethod(nameof(CreateVector), PrivateStatic)!;

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

    /// <summary>For users of the cursor: gives a copy of the value at the row that <paramref name="current"/> returns.</summary>
    public abstract Delegate Getter(Func<int> current);

    /// <summary>A getter for internal use: it gives the window's own value, which must be neither changed nor disposed.</summary>
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

        public override Delegate Getter(Func<int> current) =>
            (ValueGetter<VBuffer<T>>)((ref VBuffer<T> value) => Values[current()].CopyTo(ref value));
    }

    /// <summary>
    /// Images are copied when they are captured and when they are returned: at its next call, a getter of ML.NET disposes the image that it
    /// gave before, and ResizeImages returns the source's own image if the size is right. Images of the source are never disposed here.
    /// </summary>
    private sealed class Images(ValueGetter<MLImage> source, string columnName, RowLocator locator) : Of<MLImage?>
    {
        private readonly object _gate = new(); // to free an image while it is copied would crash the process
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
            value?.Dispose(); // the copy of an earlier call; LoadImages does the same
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
