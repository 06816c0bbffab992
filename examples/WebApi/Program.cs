// Serves certified predictions: POST an image to /api/certify, or open the page and drop one there.
//   dotnet run -c Release --project examples/WebApi -- [--model model.zip] [--guarantee rtk:3] [--urls http://localhost:5080]
// Without --model it serves the EuroSAT model, under rtk:3. Without --guarantee, a model of your own keeps its guarantee.
using Microsoft.AspNetCore.Http.Features;
using Microsoft.ML;
using Microsoft.ML.Gloro;
using WebApi;

const string PagePolicy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src blob: data:; "
    + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

var builder = WebApplication.CreateBuilder(args);
string? ownModel = builder.Configuration["model"];
string modelPath = ownModel is null ? Path.Combine(AppContext.BaseDirectory, "models", "eurosat-best.zip") : Path.GetFullPath(ownModel);
Certifier loaded;
try
{
    string? guarantee = builder.Configuration["guarantee"] ?? (ownModel is null ? "rtk:3" : null);
    loaded = new Certifier(new MLContext(), modelPath, guarantee is null ? null : RobustnessGuarantee.Parse(guarantee));
}
catch (Exception e) when (e is IOException or FormatException)
{
    Console.Error.WriteLine($"{e.Message} Usage: WebApi [--model model.zip] [--guarantee local|rtk:3|affinity:…] [--urls http://localhost:5080]");
    return 2;
}

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
app.Run();
return 0;

static string Read(string file)
{
    using var reader = new StreamReader(typeof(Certifier).Assembly.GetManifestResourceStream(file)!);
    return reader.ReadToEnd();
}
