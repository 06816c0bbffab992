namespace EuroSat.Download;

/// <summary>How far a file has come.</summary>
/// <param name="Done">Bytes that are there, with those of earlier attempts.</param>
/// <param name="Total">Bytes of the whole file; null if the server does not say.</param>
internal readonly record struct DownloadProgress(long Done, long? Total);
