using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Core;

[TestClass]
public sealed class AtomicFileTests
{
    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public void Write_DiskFull_ThrowsAndRemovesThePartialFile()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "file");
        File.WriteAllText(path, "before");
        File.CreateSymbolicLink(path + AtomicFile.PartialSuffix, "/dev/full");
        Assert.ThrowsExactly<IOException>(() => AtomicFile.Write(path, file => file.Write(new byte[100])));
        CollectionAssert.AreEqual(new[] { path }, Directory.GetFiles(folder.Path));
        Assert.AreEqual("before", File.ReadAllText(path));
    }
}
