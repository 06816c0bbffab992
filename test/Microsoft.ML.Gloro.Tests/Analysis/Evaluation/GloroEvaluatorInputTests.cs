using Microsoft.ML.Gloro.Analysis;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Analysis;

[TestClass]
public sealed class GloroEvaluatorInputTests
{
    [TestMethod]
    public void Evaluate_ColumnMissing_NamesItAndWhatIsThere()
    {
        var view = new HandMadeView { Without = ["TopKRadii"] };

        ArgumentException e = Fails<ArgumentException>(view);

        Assert.Contains("no column 'TopKRadii'", e.Message);
        Assert.Contains("Label, PredictedLabel, Logits, Score, CertifiedRadius", e.Message);
    }

    [TestMethod]
    public void Evaluate_LabelIsNotThere_NamesIt() =>
        Assert.Contains("no column 'Class'", Fails<ArgumentException>(new HandMadeView(), label: "Class").Message);

    [TestMethod]
    public void Evaluate_LabelIsNotAKey_SaysHowToMakeItOne() =>
        Assert.Contains(
            "MapValueToKey(\"CertifiedRadius\")", Fails<ArgumentException>(new HandMadeView(), label: "CertifiedRadius").Message);

    [TestMethod]
    public void Evaluate_LabelsWithoutNames_MatchByPositionOnlyIfTheirNumberDoes()
    {
        List<HandMadeRow> rows = HandMadeView.Random(20, seed: 1).Rows;
        var named = new HandMadeView { Rows = rows };
        var unnamed = new HandMadeView { Rows = rows, LabelHasNames = false };
        Assert.AreEqual(
            GloroEvaluator.Evaluate(named.MlContext, named.Build(), "Label", null, null).ToString(),
            GloroEvaluator.Evaluate(unnamed.MlContext, unnamed.Build(), "Label", null, null).ToString());

        var tooMany = new HandMadeView { Rows = rows, LabelHasNames = false, LabelCount = 7 };
        Assert.Contains("without names", Fails<ArgumentException>(tooMany).Message);
    }

    [TestMethod]
    public void Evaluate_NoLabelIsAClassOfTheModel_IsAnError() =>
        Assert.Contains("None of the classes", Fails<ArgumentException>(new HandMadeView { LabelNames = ["x", "y"] }).Message);

    [TestMethod]
    public void Evaluate_NoRows_IsAnError() =>
        Assert.Contains("no rows", Fails<ArgumentException>(new HandMadeView()).Message);

    [TestMethod]
    public void Evaluate_NoRowHasALabel_SaysSo()
    {
        var view = new HandMadeView { Rows = HandMadeView.Random(3, seed: 1).Rows };
        view.Rows.ForEach(row => row.Label = 0);

        Assert.Contains("None of the 3 rows", Fails<ArgumentException>(view).Message);
    }

    [TestMethod]
    [DataRow(-0.1f)]
    [DataRow(float.NaN)]
    [DataRow(float.PositiveInfinity)]
    public void Evaluate_EpsilonIsNoRadius_IsAnError(float epsilon)
    {
        HandMadeView view = HandMadeView.Random(3, seed: 1);
        Assert.Contains("L2 radius", Fails<ArgumentOutOfRangeException>(view, epsilon: epsilon).Message);
        CertifiedAccuracyCurve curve = GloroEvaluator.Evaluate(view.MlContext, view.Build(), "Label", null, null).CertifiedAccuracyCurve;
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => curve.At(epsilon));
    }

    [TestMethod]
    public void Evaluate_NeitherViewNorCallerTellsEpsilonOrGuarantee_AsksForIt()
    {
        List<HandMadeRow> rows = HandMadeView.Random(3, seed: 1).Rows;
        Assert.AreEqual("epsilon", Fails<ArgumentException>(new HandMadeView { Rows = rows, Epsilon = null }).ParamName);
        Assert.AreEqual("guarantee", Fails<ArgumentException>(new HandMadeView { Rows = rows, Guarantee = null }).ParamName);
    }

    [TestMethod]
    public void Evaluate_AsManyClassesAsTheModelHas_IsAnError() =>
        Fails<ArgumentException>(HandMadeView.Random(3, seed: 1), RobustnessGuarantee.RelaxedTopK(6));

    [TestMethod]
    public void Evaluate_ViewHoldsTooFewRadii_SaysHowManyAndWhatToDo()
    {
        var view = new HandMadeView { RadiiCount = 2, Rows = HandMadeView.Random(3, seed: 1).Rows };

        string message = Fails<ArgumentException>(view, RobustnessGuarantee.RelaxedTopK(3)).Message;

        Assert.Contains("up to 3 classes", message);
        Assert.Contains("WithGuarantee", message);
    }

    [TestMethod]
    public void Evaluate_LogitsOfAnotherNumberOfClasses_IsAnError()
    {
        HandMadeView view = HandMadeView.Random(3, seed: 1);
        var renamed = view.MlContext.Transforms.CopyColumns("Logits", "TopKRadii").Fit(view.Build()).Transform(view.Build());

        ArgumentException e =
            Assert.ThrowsExactly<ArgumentException>(() => GloroEvaluator.Evaluate(view.MlContext, renamed, "Label", null, null));

        Assert.Contains("'Logits'", e.Message);
    }

    private static T Fails<T>(HandMadeView view, RobustnessGuarantee? guarantee = null, float? epsilon = null, string label = "Label")
        where T : Exception =>
        Assert.ThrowsExactly<T>(() => GloroEvaluator.Evaluate(view.MlContext, view.Build(), label, guarantee, epsilon));
}
