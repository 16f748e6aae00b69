/** `node:fs/promises` for goldens' runners in a browser: files as the test server gives them. */
export async function readFile(path: string, encoding?: 'utf8'): Promise<Uint8Array | string> {
  const response = await fetch(`/@fs${path}`)
  if (!response.ok) throw new Error(`${path}: ${response.status} ${response.statusText}`)
  return encoding === undefined ? new Uint8Array(await response.arrayBuffer()) : response.text()
}
