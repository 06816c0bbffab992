using System.Globalization;

namespace Microsoft.ML.Gloro.Core;

/// <summary>Checks options as a whole: one exception names everything that is wrong, with numbers in the invariant culture.</summary>
internal static class OptionFaults
{
    /// <summary>Throws if there is a fault.</summary>
    /// <param name="what">The owner of the options, such as "the Gloro trainer".</param>
    /// <param name="faults">The faults, one sentence each.</param>
    /// <exception cref="ArgumentException">There is at least one fault.</exception>
    public static void ThrowIfAny(string what, IEnumerable<FormattableString> faults)
    {
        string all = string.Join(' ', faults.Select(fault => fault.ToString(CultureInfo.InvariantCulture)));
        if (all.Length > 0)
            throw new ArgumentException($"The options of {what} cannot be used. {all}");
    }
}
