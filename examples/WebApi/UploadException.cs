namespace WebApi;

/// <summary>What was sent is no image that can be scored. The message is for whoever sent it.</summary>
internal sealed class UploadException(string message, int status = StatusCodes.Status400BadRequest) : Exception(message)
{
    public int Status { get; } = status;
}
