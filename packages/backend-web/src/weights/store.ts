/** The browser's storage that holds weights, and the address that a file has in it. */
const STORE = 'stablesig-weights'
const address = (sha256: string): string => `https://weights.invalid/${sha256}`

/** The storage; null where a page has none (no https), or the visitor forbids it. */
async function store(): Promise<Cache | null> {
  try {
    return (await globalThis.caches?.open(STORE)) ?? null
  } catch {
    return null
  }
}

/** What was kept under a hash; null where nothing was. It may be damaged: look at its hash. */
export async function fromStore(sha256: string): Promise<Uint8Array | null> {
  const response = await (await store())?.match(address(sha256)).catch(() => undefined)
  return response ? new Uint8Array(await response.arrayBuffer()) : null
}

/** Keeps a file where there is room. A page works without. */
export async function toStore(sha256: string, bytes: Uint8Array): Promise<void> {
  const kept = await store()
  await kept?.put(address(sha256), new Response(new Uint8Array(bytes))).catch(() => undefined)
}

/** Deletes all weights that this package has kept. */
export async function clearWeightsStore(): Promise<void> {
  await globalThis.caches?.delete(STORE)
}
