using System.CommandLine;
using Examples;
using ImageFolders;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.ML;
using Microsoft.ML.Gloro;
using WebApi;

const string PagePolicy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src blob: data:; "
    + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

var example = new Example(
    "Serves certified predictions: POST an image to /api/certify, or open the page and drop one there.",
    "--model examples/EuroSat/models/eurosat-best.zip --guarantee rtk:3");
Option<string?> ownModel = example.Open<string?>("--model", "FILE", "The saved model", "the EuroSAT model, under rtk:3");
Option<RobustnessGuarantee?> guarantee = ImageOptions.Guarantee(example);
Option<string?> urls = example.Open<string?>("--urls", "URLS", "Where it listens", "ASP.NET's, http://localhost:5000");

return example.Run(args, (given, stop) =>
{
    var builder = WebApplication.CreateBuilder();
    if (given.GetValue(urls) is { } addresses)
        builder.WebHost.UseUrls(addresses);
    string modelPath = Path.GetFullPath(given.GetValue(ownModel) ?? Path.Combine(AppContext.BaseDirectory, "models", "eurosat-best.zip"));
    RobustnessGuarantee? served = given.GetValue(guarantee);
    if (given.GetValue(ownModel) is null)
        served ??= RobustnessGuarantee.RelaxedTopK(3);
    var loaded = new Certifier(new MLContext(), modelPath, served);

    // A little more than a file may have: the rest of a multipart body is small.
    const int MostBody = Upload.MostBytes + (64 << 10);
    builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = MostBody);
    builder.Services.Configure<FormOptions>(form => form.MultipartBodyLengthLimit = MostBody);
    builder.Services.AddSingleton(_ => loaded); // made by a function, so the application disposes it

    var app = builder.Build();

    foreach (var (address, file, type) in new[]
    {
        ("/", "index.html", "text/html"), ("/page.css", "page.css", "text/css"),
        ("/page.js", "page.js", "text/javascript"), ("/engine.js", "engine.js", "text/javascript"),
    })
    {
        string text = Read(file);
        app.MapGet(address, (HttpContext context) =>
        {
            context.Response.Headers.ContentSecurityPolicy = PagePolicy;
            context.Response.Headers.XContentTypeOptions = "nosniff";
            return Results.Content(text, $"{type}; charset=utf-8");
        });
    }

    app.MapGet("/api/model", (Certifier certifier) => certifier.Card);
    app.MapPost("/api/certify", async (HttpRequest request, Certifier certifier, CancellationToken cancellation) =>
    {
        try
        {
            return Results.Ok(await certifier.CertifyAsync(await Upload.ReadAsync(request, cancellation), cancellation));
        }
        catch (UploadException e)
        {
            return Results.Json(new { error = e.Message }, statusCode: e.Status);
        }
    });
    app.RunAsync(stop).GetAwaiter().GetResult();
    return Example.Succeeded;
});

static string Read(string file)
{
    using var reader = new StreamReader(typeof(Certifier).Assembly.GetManifestResourceStream(file)!);
    return reader.ReadToEnd();
}
