// Answers come from the server.

export async function load() {
  try {
    return await (await fetch('api/model')).json();
  } catch {
    throw new Error('The server cannot be reached.');
  }
}

export async function certify(blob) {
  const response = await fetch('api/certify', { method: 'POST', body: blob, headers: { 'Content-Type': blob.type || 'application/octet-stream' } });
  const said = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(said.error || `The server answered ${response.status}.`);
  return said;
}
