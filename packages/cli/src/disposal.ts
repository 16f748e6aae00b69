/** What holds tensors. */
export interface Disposable {
  dispose(): void
}

/** Remembers what it is given, to dispose it in the end, and returns it. */
export type Own = <D extends Disposable>(made: D) => D

/**
 * Runs work that opens models, and frees every one of them when it ends, however it ends.
 */
export async function disposing<T>(work: (own: Own) => Promise<T>): Promise<T> {
  const owned: Disposable[] = []
  try {
    return await work((made) => {
      owned.push(made)
      return made
    })
  } finally {
    for (const made of owned) made.dispose()
  }
}
