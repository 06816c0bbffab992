using System.Text.Json;

namespace Microsoft.ML.Gloro.Tests.Core;

[TestClass]
public sealed class GloroTolerancesTests
{
    private static readonly string[] Names = ["Age", "Pressure", "", "Glucose"];

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    [DataRow(7)]
    [DataRow(1000003)]
    public void AllAtOnce_AnyNumberOfMovableFeatures_IsTheRootRoundedUp(int movable)
    {
        float radius = GloroTolerances.InOrder([.. Enumerable.Repeat(2f, movable), 0, 0]).AllAtOnce;

        Assert.IsGreaterThanOrEqualTo(movable, (double)radius * radius, "every corner of the box lies within");
        Assert.IsLessThan(movable, Math.Pow(MathF.BitDecrement(radius), 2));
    }

    [TestMethod]
    public void AllAtOnce_ByName_CountsThoseAboveZeroIfAllAreNamed()
    {
        Assert.AreEqual(1, Named(("Age", 0), ("Pressure", 5)).AllAtOnce);
        Assert.AreEqual(1, GloroTolerances.ByName(new Dictionary<string, float> { ["Age"] = 5 }, others: 0).AllAtOnce);
        var open = GloroTolerances.ByName(new Dictionary<string, float> { ["Age"] = 5 }, others: 1);
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => open.AllAtOnce).Message, "only with the data");
    }

    [TestMethod]
    public void Resolve_InOrderOrByName_GivesOneToleranceForEachFeature()
    {
        CollectionAssert.AreEqual((float[])[1, 2, 0], GloroTolerances.InOrder(1, 2, 0).Resolve(3, null, "Features"));
        var byName = GloroTolerances.ByName(new Dictionary<string, float> { ["Pressure"] = 5, ["Age"] = 0 }, others: 0.5f);
        CollectionAssert.AreEqual((float[])[0, 5, 0.5f, 0.5f], byName.Resolve(4, Names, "Features"));
    }

    [TestMethod]
    public void Resolve_WhatDoesNotFit_NamesEveryFaultAtOnce()
    {
        StringAssert.Contains(Refused(GloroTolerances.InOrder(1, 2), null), "2 tolerances in order, and column 'Features' has 4 features");
        StringAssert.Contains(Refused(Named(("Age", 1)), null), "no names; use GloroTolerances.InOrder");
        StringAssert.Contains(Refused(GloroTolerances.InOrder(0, 0, 0, 0), null), "All tolerances are 0");
        string many = Refused(Named(("Age", -1), ("Weight", float.NaN)), Names);
        foreach (string part in (string[])[
            "'Age' must be a finite number, 0 or more, not -1", "'Weight' must be", "no feature 'Weight'",
            "'Pressure', 'Glucose' has no tolerance", "Feature 2 of column 'Features' has no name"])
            StringAssert.Contains(many, part);

        static string Refused(GloroTolerances tolerances, string[]? names) =>
            Assert.ThrowsExactly<ArgumentException>(() => tolerances.Resolve(4, names, "Features")).Message;
    }

    [TestMethod]
    public void Json_OrderAndNames_ComeBackTheSame()
    {
        foreach (GloroTolerances tolerances in (GloroTolerances[])[
            GloroTolerances.InOrder(0.1f, 0, 3e-9f), Named(("Age", 0), ("Ärger \"x\"", 0.3f)),
            GloroTolerances.ByName(new Dictionary<string, float>(), others: 2)])
        {
            string json = JsonSerializer.Serialize(tolerances);
            Assert.AreEqual(tolerances.ToString(), JsonSerializer.Deserialize<GloroTolerances>(json)!.ToString(), json);
        }

        foreach (string bad in (string[])["3", "{}", "[\"a\"]", "{\"named\":{\"a\":true}}", "null1"])
            Assert.ThrowsExactly<JsonException>(() => JsonSerializer.Deserialize<GloroTolerances>(bad), bad);
    }

    private static GloroTolerances Named(params (string Name, float Tolerance)[] tolerances) =>
        GloroTolerances.ByName(tolerances.ToDictionary(pair => pair.Name, pair => pair.Tolerance));
}
