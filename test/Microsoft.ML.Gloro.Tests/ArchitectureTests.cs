using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests;

/// <summary>
/// Who may know whom, as the design fixes it. Source files are read rather than the assembly: a public type has the library's namespace
/// whichever room it is built in, so a room is a folder. A type is known by a file that writes its name in code (comments and texts do not
/// count).
/// </summary>
[TestClass]
public sealed partial class ArchitectureTests
{
    private const string FrontDoor = "";

    // The rooms from the bottom up. A room may know those that are named here, and of its own rooms each may know the ones above it in the
    // list.
    private static readonly (string Room, string[] MayKnow, string[] Within)[] s_rooms =
    [
        ("Torch", [], []),
        ("Core", ["Torch"], ["", "Layers", "Certificates", "Coverage", "Bounds"]),
        ("Inference", ["Core"], ["Forward", "ModelFile", "Onnx", "Import", "Scorers"]),
        ("Training", ["Torch", "Core"], ["Augmentation", "Options", "Losses", "Networks", "Checkpoints", ""]),
        ("MLNet", ["Torch", "Core", "Inference", "Training"], ["Columns", "Transformers", "Estimators"]),
        ("Analysis", ["Torch", "Core", "Inference", "Training", "MLNet"],
            ["Evaluation", "Choosing", "Auditing", "Coverage", "Reporting", "Tuning"]),
        (FrontDoor, ["Core", "Inference", "Training", "MLNet", "Analysis"], [""]),
    ];

    private static readonly string[] s_torchRooms = ["Torch", "Core/Layers", "Training", "MLNet/Estimators", "Analysis/Auditing"];
    private static readonly string[] s_mlNetRooms = ["MLNet", "Analysis", "Torch", "Training/Options", FrontDoor];
    private static readonly string[] s_onnxRuntimeRooms = ["Inference/Scorers"];
    private static readonly string[] s_onlyInternals =
    [
        "MLNet/Transformers/TransformerPersistence.cs", "MLNet/Transformers/OnnxPipelineView.cs", "MLNet/Estimators/ExecutionStop.cs",
    ];

    private static readonly string s_library = Path.Combine(Repository.Root, "src", "Microsoft.ML.Gloro");
    private static readonly List<SourceFile> s_files = ReadSources();

    [TestMethod]
    public void Rooms_OfTheLibrary_AreAllInTheTable()
    {
        string[] listed = [.. s_rooms.SelectMany(r => r.Within.Length == 0 ? [r.Room] : r.Within.Select(inner => Join(r.Room, inner)))
            .Order(StringComparer.Ordinal)];
        string[] rooms = [.. s_files.Select(f => f.Room).Distinct().Order(StringComparer.Ordinal)];
        Assert.AreEqual(string.Join(", ", listed), string.Join(", ", rooms), "A room is missing here: add it, with what it may know.");
    }

    [TestMethod]
    public void Rooms_Table_PointsDownwardsOnly()
    {
        for (int i = 0; i < s_rooms.Length; i++)
        {
            foreach (string other in s_rooms[i].MayKnow)
                Assert.Contains(other, s_rooms[..i].Select(r => r.Room), $"{s_rooms[i].Room} may not know {other}, which stands after it.");
        }
    }

    [TestMethod]
    public void Rooms_Picture_AgreesWithTheTable()
    {
        var picture = new List<string>();
        string top = "";
        foreach (string line in Picture(File.ReadAllText(Path.Combine(Repository.Root, "docs", "architecture.md"))))
        {
            string[] cells = line.Trim().Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            bool isInner = line.StartsWith(' ');
            Assert.HasCount(isInner ? 2 : 3, cells, $"A line needs a room and its purpose; a top room also needs what it knows: {line}");
            if (!isInner)
                top = cells[0];
            picture.Add(isInner ? $"{top}/{cells[0]}" : $"{top} {cells[2]}");
        }

        Assert.AreEqual(string.Join('\n', s_rooms.SelectMany(Drawn)), string.Join('\n', picture));

        static IEnumerable<string> Drawn((string Room, string[] MayKnow, string[] Within) row)
        {
            string name = row.Room == FrontDoor ? "(front door)" : row.Room;
            return row.Within.Where(_ => row.Room != FrontDoor).Select(inner => $"{name}/{(inner.Length == 0 ? "." : inner)}")
                .Prepend($"{name} knows {(row.MayKnow.Length == 0 ? "nothing" : string.Join(", ", row.MayKnow))}");
        }
    }

    [TestMethod]
    public void Rooms_EachFile_KnowsOnlyWhatItsRoomMay()
    {
        var roomOfType = new Dictionary<string, string>();
        foreach (var file in s_files)
        {
            foreach (string type in file.Declares)
                Assert.AreEqual(file.Room, roomOfType.TryAdd(type, file.Room) ? file.Room : roomOfType[type],
                    $"Two rooms declare {type}: this test could not tell them apart.");
        }

        string[] faults =
        [
            .. from file in s_files
               from word in file.Words
               where roomOfType.TryGetValue(word, out string? other) && !MayKnow(file.Room, other)
               select $"{file.Path} knows {word} of {roomOfType[word]}",
        ];
        Assert.IsEmpty(faults, string.Join('\n', faults));
    }

    [TestMethod]
    public void TorchSharp_IsKnownWhereNetworksAreTrainedOnly() =>
        AssertOnly(f => f.Words.Contains("TorchSharp") || f.Words.Contains("torch"), f => IsIn(f, s_torchRooms));

    [TestMethod]
    public void OnnxRuntime_IsKnownToScorersOnly() => AssertOnly(f => f.Words.Contains("OnnxRuntime"), f => IsIn(f, s_onnxRuntimeRooms));

    [TestMethod]
    public void MLNet_IsKnownWhereViewsComeInAndGoOutOnly()
    {
        // Types of the namespace Microsoft.ML need no using here, the library being a part of it; the others do.
        var types = new[] { typeof(IDataView), typeof(MLContext), typeof(ITransformer), typeof(DataOperationsCatalog) }.Select(
            t => t.Assembly).Distinct()
            .SelectMany(a => a.GetExportedTypes()).Where(t => t is { Namespace: "Microsoft.ML", IsNested: false })
                .Select(t => t.Name.Split('`')[0]).ToHashSet();
        Assert.Contains("IDataView", types);
        AssertOnly(f => f.UsesMLNet || f.Words.Overlaps(types), f => IsIn(f, s_mlNetRooms));
    }

    [TestMethod]
    public void InternalsOfMLNet_AreUsedInThreeFiles()
    {
        // The list that the build makes visible is the list to look for.
        var members = XDocument.Load(Path.Combine(s_library, "Microsoft.ML.Gloro.csproj")).Descendants("PublicizeMember")
            .Select(e => e.Attribute("Include")!.Value).ToList();
        Assert.IsNotEmpty(members);
        var names = members.Select(m => m.Split('.')[^1].Split("::")[^1])
            .SelectMany(n => n.EndsWith("Attribute", StringComparison.Ordinal) ? [n, n[..^"Attribute".Length]] : new[] { n }).ToHashSet();
        AssertOnly(f => f.Words.Overlaps(names), f => s_onlyInternals.Contains(f.Path));
    }

    [TestMethod]
    public void Console_IsWrittenToByTheVoiceOfTrainingOnly() =>
        AssertOnly(f => f.Words.Contains("Console"), f => f.Path == "MLNet/Estimators/TrainingVoice.cs");

    [TestMethod]
    public void PublicTypes_AllButTheExtension_AreInTheLibrarysNamespace()
    {
        string[] elsewhere = [.. typeof(GloroCatalog).Assembly.GetExportedTypes()
            .Where(t => t.Namespace != "Microsoft.ML.Gloro" && t.DeclaringType is null).Select(t => t.FullName!)];
        Assert.AreEqual("Microsoft.ML.GloroMLContextExtensions", string.Join(", ", elsewhere));
    }

    [TestMethod]
    public void PublicSurface_ShowsNoTypeOfTorchSharpOrOnnxRuntime()
    {
        string[] faults =
        [
            .. typeof(GloroCatalog).Assembly.GetExportedTypes().SelectMany(t => t.GetMembers()).SelectMany(m => m switch
            {
                System.Reflection.MethodBase method => method.GetParameters().Select(p => (m, p.ParameterType))
                    .Append((m, (method as System.Reflection.MethodInfo)?.ReturnType ?? typeof(void))),
                System.Reflection.FieldInfo field => [(m, field.FieldType)],
                _ => Enumerable.Empty<(System.Reflection.MemberInfo, Type)>(),
            }).Where(p => p.Item2.ToString() is var name
                && (name.Contains("TorchSharp", StringComparison.Ordinal) || name.Contains("OnnxRuntime", StringComparison.Ordinal)))
                .Select(p => $"{p.Item1.DeclaringType}.{p.Item1.Name}"),
        ];
        Assert.IsEmpty(faults, string.Join('\n', faults));
    }

    // The lines of the first block of text.
    private static IEnumerable<string> Picture(string text) =>
        text.Split('\n').SkipWhile(line => line != "```text").Skip(1).TakeWhile(line => line != "```");

    private static bool MayKnow(string room, string other)
    {
        if (room == other)
            return true;
        var (top, otherTop) = (Top(room), Top(other));
        var row = s_rooms.Single(r => r.Room == top);
        return top != otherTop ? row.MayKnow.Contains(otherTop)
            : Array.IndexOf(row.Within, Inner(other)) < Array.IndexOf(row.Within, Inner(room));
    }

    private static string Top(string room) => room.Split('/')[0];

    private static string Inner(string room) => room.Contains('/') ? room.Split('/')[1] : "";

    private static string Join(string room, string inner) => inner.Length == 0 ? room : $"{room}/{inner}";

    private static bool IsIn(SourceFile file, string[] rooms) => rooms.Contains(file.Room) || rooms.Contains(Top(file.Room));

    private static void AssertOnly(Func<SourceFile, bool> knows, Func<SourceFile, bool> may)
    {
        Assert.IsGreaterThan(50, s_files.Count, "The sources were not found.");
        string[] faults = [.. s_files.Where(f => knows(f) && !may(f)).Select(f => f.Path)];
        Assert.IsEmpty(faults, string.Join(", ", faults));
    }

    private static List<SourceFile> ReadSources() =>
    [
        .. Directory.EnumerateFiles(s_library, "*.cs", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(s_library, path).Replace('\\', '/'))
            .Where(path => !path.StartsWith("obj/", StringComparison.Ordinal) && !path.StartsWith("bin/", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
            .Select(path => new SourceFile(path, File.ReadAllText(Path.Combine(s_library, path)))),
    ];

    /// <summary>What a source file says in code.</summary>
    private sealed partial class SourceFile
    {
        private readonly string _code;

        public SourceFile(string path, string text)
        {
            Path = path;
            Room = path.Contains('/') ? path[..path.LastIndexOf('/')] : FrontDoor;
            _code = CommentOrText().Replace(text, " ");
            Words = [.. Word().Matches(_code).Select(m => m.Value)];
            Declares = [.. Declaration().Matches(_code).Select(m => m.Groups[1].Value)];
            MLNetNamespaces =
                [.. Using().Matches(_code).Select(m => m.Groups[1].Value).Where(n => n.StartsWith("Microsoft.ML", StringComparison.Ordinal)
                && !n.StartsWith("Microsoft.ML.Gloro", StringComparison.Ordinal) && n != "Microsoft.ML.OnnxRuntime")];
        }

        public string Path { get; }

        public string Room { get; }

        public HashSet<string> Words { get; }

        public HashSet<string> Declares { get; }

        public HashSet<string> MLNetNamespaces { get; }

        public bool UsesMLNet => MLNetNamespaces.Count > 0;

        [GeneratedRegex(@"//.*|/\*[\s\S]*?\*/|'(?:\\.|[^'\\\n])'|""""""|(?<![\$])""(?:\\.|[^""\\\n])*""")]
        private static partial Regex CommentOrText();

        [GeneratedRegex(@"[\p{L}_][\p{L}\p{Nd}_]*")]
        private static partial Regex Word();

        [GeneratedRegex(@"^(?:\w+ )*(?:class|struct|interface|enum|record|record struct) ([A-Z]\w*)", RegexOptions.Multiline)]
        private static partial Regex Declaration();

        [GeneratedRegex(@"^using (?:static |\w+ = )?([\w.]+)\s*;", RegexOptions.Multiline)]
        private static partial Regex Using();
    }
}
