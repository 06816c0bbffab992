using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests;

/// <summary>
/// Who may know whom, as the design fixes it. Source files are read rather than the assembly: a public type has the library's namespace whichever room it is built in,
/// so a room is a folder. A type is known by a file that writes its name in code (comments and texts do not count).
/// </summary>
[TestClass]
public sealed partial class ArchitectureTests
{
    private const string FrontDoor = "";

    // What each room may use of the others. DeployedNetwork is the narrow waist; dependencies point one way.
    private static readonly Dictionary<string, string[]> s_mayKnow = new()
    {
        ["Plain"] = [],
        ["Files"] = [],
        ["Guarantees"] = [],
        ["Lipschitz"] = ["Plain", "Guarantees"],
        ["Rounding"] = ["Plain", "Guarantees", "Lipschitz"],
        ["Forward"] = ["Plain"],
        ["Networks"] = ["Plain", "Lipschitz"],
        ["Training"] = ["Plain", "Files", "Guarantees", "Networks"],
        ["Models"] = ["Plain", "Guarantees", "Lipschitz", "Rounding"],
        ["Inputs"] = ["Plain"],
        ["Scoring"] = ["Plain", "Guarantees", "Lipschitz", "Rounding", "Forward", "Models", "Inputs"],
        ["Estimators"] = ["Plain", "Guarantees", "Lipschitz", "Networks", "Training", "Models", "Inputs", "Scoring"],
        ["Evaluation"] = ["Guarantees", "Inputs", "Scoring"],
        ["Auditing"] = ["Plain", "Guarantees", "Lipschitz", "Models", "Inputs", "Scoring", "Training", "Evaluation"],
        ["Exporting"] = ["Plain", "Guarantees", "Lipschitz", "Models", "Scoring"],
        ["Reporting"] = ["Files", "Guarantees", "Lipschitz", "Models", "Inputs", "Scoring", "Evaluation", "Auditing"],
        ["Tuning"] = ["Estimators", "Scoring", "Evaluation"],
        [FrontDoor] = ["Plain", "Guarantees", "Estimators", "Scoring", "Evaluation", "Auditing", "Exporting", "Reporting", "Tuning"],
    };

    // Evaluation reads scored views: it may know what the columns are called and how a key names its classes, and nothing that scores or reads features.
    private static readonly Dictionary<(string Room, string Other), string[]> s_only = new()
    {
        [("Evaluation", "Scoring")] = ["OutputColumn", "OutputColumns"],
        [("Evaluation", "Inputs")] = ["KeyNames"],
        [("Lipschitz", "Guarantees")] = ["MarginConstants"],
        [("Rounding", "Guarantees")] = ["CertificateArithmetic"],

        // An argument's type.
        [(FrontDoor, "Plain")] = ["GloroImageViews"],

        // A file holds a model: of what scores, only how to find one, and which inputs it refuses.
        [("Exporting", "Scoring")] = ["GloroInChain", "InputGuard"],

        // An audit uses libtorch as training does, matches labels as evaluation does, and shares no more with either.
        [("Auditing", "Training")] = ["TorchRuntime", "BlockingCollections"],
        [("Auditing", "Evaluation")] = ["LabelMap"],

        // A sweep trains and measures by the doors that everybody takes.
        [("Tuning", "Scoring")] = ["GloroTransformer"],
        [("Tuning", "Evaluation")] = ["GloroMetrics", "GloroEvaluator"],

        // A report shows what others found: an audit's results, a model's bounds and origin. Of what scores it knows how to find a model, which it lets score a grid of points.
        [("Reporting", "Auditing")] = ["GloroAuditReport"],
        [("Reporting", "Lipschitz")] = ["LayerBound", "LipschitzBound", "WeightHash"],
        [("Reporting", "Models")] = ["GloroModel", "ModelProvenance"],
        [("Reporting", "Scoring")] = ["GloroInChain", "GloroTransformer", "OutputColumn", "OutputColumns"],
    };

    private static readonly string[] s_torchRooms = ["Networks", "Training", "Estimators", "Auditing"];
    private static readonly string[] s_torchFiles = ["Lipschitz/PowerIteration.cs"];
    private static readonly string[] s_mlNetRooms = ["Inputs", "Scoring", "Estimators", "Evaluation", "Auditing", "Exporting", "Reporting", "Tuning", FrontDoor];
    private static readonly string[] s_onnxRuntimeRooms = ["Scoring"];
    private static readonly string[] s_onlyInternals = ["Scoring/TransformerPersistence.cs"];

    private static readonly string s_library = Path.Combine(Repository.Root, "src", "Microsoft.ML.Gloro");
    private static readonly List<SourceFile> s_files = ReadSources();

    [TestMethod]
    public void Rooms_OfTheLibrary_AreAllInTheTable()
    {
        string[] rooms = [.. s_files.Select(f => f.Room).Distinct().Order()];
        Assert.AreEqual(string.Join(", ", s_mayKnow.Keys.Order()), string.Join(", ", rooms), "A room is missing here: add it, with what it may know.");
    }

    [TestMethod]
    public void Rooms_Table_HasNoCircle()
    {
        // Every room can be taken away once all that it may know are gone; a circle would be left over.
        var left = s_mayKnow.ToDictionary(p => p.Key, p => p.Value.ToList());
        while (left.FirstOrDefault(p => p.Value.TrueForAll(other => !left.ContainsKey(other))) is { Key: not null } free)
            left.Remove(free.Key);
        Assert.IsEmpty(left, string.Join(", ", left.Keys));
    }

    [TestMethod]
    public void Rooms_EachFile_KnowsOnlyWhatItsRoomMay()
    {
        var roomOfType = new Dictionary<string, string>();
        foreach (var file in s_files)
        {
            foreach (string type in file.Declares)
                Assert.AreEqual(file.Room, roomOfType.TryAdd(type, file.Room) ? file.Room : roomOfType[type], $"Two rooms declare {type}: this test could not tell them apart.");
        }

        var faults = new List<string>();
        foreach (var file in s_files)
        {
            foreach (string word in file.Words.Where(roomOfType.ContainsKey))
            {
                string other = roomOfType[word];
                if (other != file.Room && !(s_mayKnow[file.Room].Contains(other) && (!s_only.TryGetValue((file.Room, other), out var only) || only.Contains(word))))
                    faults.Add($"{file.Path} knows {word} of {(other.Length == 0 ? "the front door" : other)}");
            }

            foreach (string other in file.Rooms.Where(r => r != file.Room && !s_mayKnow[file.Room].Contains(r)))
                faults.Add($"{file.Path} names the namespace {other}");
        }

        Assert.IsEmpty(faults, string.Join('\n', faults));
    }

    [TestMethod]
    public void TorchSharp_IsKnownWhereNetworksAreTrainedOnly() => AssertOnly(
        f => f.Words.Contains("TorchSharp") || f.Words.Contains("torch"), f => s_torchRooms.Contains(f.Room) || s_torchFiles.Contains(f.Path));

    [TestMethod]
    public void OnnxRuntime_IsKnownToScoringOnly() => AssertOnly(f => f.Words.Contains("OnnxRuntime"), f => s_onnxRuntimeRooms.Contains(f.Room));

    [TestMethod]
    public void MLNet_IsKnownWhereViewsComeInAndGoOutOnly()
    {
        // Types of the namespace Microsoft.ML need no using here, the library being a part of it; the others do.
        var types = new[] { typeof(IDataView), typeof(MLContext), typeof(ITransformer), typeof(DataOperationsCatalog) }.Select(t => t.Assembly).Distinct()
            .SelectMany(a => a.GetExportedTypes()).Where(t => t is { Namespace: "Microsoft.ML", IsNested: false }).Select(t => t.Name.Split('`')[0]).ToHashSet();
        Assert.Contains("IDataView", types);
        AssertOnly(f => f.UsesMLNet || f.Words.Overlaps(types), f => s_mlNetRooms.Contains(f.Room));
    }

    [TestMethod]
    public void InternalsOfMLNet_AreUsedInOneFile()
    {
        // The list that the build makes visible is the list to look for.
        var members = XDocument.Load(Path.Combine(s_library, "Microsoft.ML.Gloro.csproj")).Descendants("PublicizeMember").Select(e => e.Attribute("Include")!.Value).ToList();
        Assert.IsNotEmpty(members);
        var names = members.Select(m => m.Split('.')[^1].Split("::")[^1]).SelectMany(n => n.EndsWith("Attribute", StringComparison.Ordinal) ? [n, n[..^"Attribute".Length]] : new[] { n }).ToHashSet();
        AssertOnly(f => f.Words.Overlaps(names), f => s_onlyInternals.Contains(f.Path));
    }

    [TestMethod]
    public void Console_IsNotWrittenTo() => AssertOnly(f => f.Words.Contains("Console"), _ => false);

    [TestMethod]
    public void PublicTypes_AllButTheExtension_AreInTheLibrarysNamespace()
    {
        string[] elsewhere = [.. typeof(GloroCatalog).Assembly.GetExportedTypes().Where(t => t.Namespace != "Microsoft.ML.Gloro" && t.DeclaringType is null).Select(t => t.FullName!)];
        Assert.AreEqual("Microsoft.ML.GloroMLContextExtensions", string.Join(", ", elsewhere));
    }

    [TestMethod]
    public void PublicSurface_ShowsNoTypeOfTorchSharpOrOnnxRuntime()
    {
        string[] faults =
        [
            .. typeof(GloroCatalog).Assembly.GetExportedTypes().SelectMany(t => t.GetMembers()).SelectMany(m => m switch
            {
                System.Reflection.MethodBase method => method.GetParameters().Select(p => (m, p.ParameterType)).Append((m, (method as System.Reflection.MethodInfo)?.ReturnType ?? typeof(void))),
                System.Reflection.FieldInfo field => [(m, field.FieldType)],
                _ => Enumerable.Empty<(System.Reflection.MemberInfo, Type)>(),
            }).Where(p => p.Item2.ToString() is var name && (name.Contains("TorchSharp", StringComparison.Ordinal) || name.Contains("OnnxRuntime", StringComparison.Ordinal)))
                .Select(p => $"{p.Item1.DeclaringType}.{p.Item1.Name}"),
        ];
        Assert.IsEmpty(faults, string.Join('\n', faults));
    }

    private static void AssertOnly(Func<SourceFile, bool> knows, Func<SourceFile, bool> may)
    {
        Assert.IsGreaterThan(50, s_files.Count, "The sources were not found.");
        string[] faults = [.. s_files.Where(f => knows(f) && !may(f)).Select(f => f.Path)];
        Assert.IsEmpty(faults, string.Join(", ", faults));
    }

    private static List<SourceFile> ReadSources() =>
    [
        .. Directory.EnumerateFiles(s_library, "*.cs", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(s_library, path).Replace('\\', '/'))
            .Where(path => !path.StartsWith("obj/", StringComparison.Ordinal) && !path.StartsWith("bin/", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
            .Select(path => new SourceFile(path, File.ReadAllText(Path.Combine(s_library, path)))),
    ];

    /// <summary>What a source file says in code.</summary>
    private sealed partial class SourceFile
    {
        private readonly string _code;

        public SourceFile(string path, string text)
        {
            Path = path;
            Room = path.Contains('/') ? path[..path.IndexOf('/', StringComparison.Ordinal)] : FrontDoor;
            _code = CommentOrText().Replace(text, " ");
            Words = [.. Word().Matches(_code).Select(m => m.Value)];
            Declares = [.. Declaration().Matches(_code).Select(m => m.Groups[1].Value)];
            MLNetNamespaces = [.. Using().Matches(_code).Select(m => m.Groups[1].Value).Where(n => n.StartsWith("Microsoft.ML", StringComparison.Ordinal)
                && !n.StartsWith("Microsoft.ML.Gloro", StringComparison.Ordinal) && n != "Microsoft.ML.OnnxRuntime")];
            Rooms = [.. RoomNamespace().Matches(_code).Select(m => m.Groups[1].Value).Where(s_mayKnow.ContainsKey)];
        }

        public string Path { get; }

        public string Room { get; }

        public HashSet<string> Words { get; }

        public HashSet<string> Declares { get; }

        public HashSet<string> MLNetNamespaces { get; }

        public HashSet<string> Rooms { get; }

        public bool UsesMLNet => MLNetNamespaces.Count > 0;

        [GeneratedRegex(@"//.*|/\*[\s\S]*?\*/|'(?:\\.|[^'\\\n])'|""""""|(?<![\$])""(?:\\.|[^""\\\n])*""")]
        private static partial Regex CommentOrText();

        [GeneratedRegex(@"[\p{L}_][\p{L}\p{Nd}_]*")]
        private static partial Regex Word();

        [GeneratedRegex(@"^(?:\w+ )*(?:class|struct|interface|enum|record|record struct) ([A-Z]\w*)", RegexOptions.Multiline)]
        private static partial Regex Declaration();

        [GeneratedRegex(@"^using (?:static |\w+ = )?([\w.]+)\s*;", RegexOptions.Multiline)]
        private static partial Regex Using();

        [GeneratedRegex(@"Microsoft\.ML\.Gloro\.([A-Z]\w*)")]
        private static partial Regex RoomNamespace();
    }
}
