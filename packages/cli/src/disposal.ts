/** What holds tensors. */
export interface Disposable {
  dispose(): void
}

/**
 * Runs work that opens models, and frees every one of them when it ends, however it ends.
 * @param work takes `own`, which remembers what it is given and returns it
 */
export async function disposing<T>(work: (own: <D extends Disposable>(made: D) => D) => Promise<T>): Promise<T> {
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
