/**
 * Maps a stream with work that runs ahead of its reader: up to `ahead` items are under way while one is being used, and
 * results come in the stream's order. Images are decoded by sharp in other threads, so they are ready when the engine is.
 * What `work` throws is thrown where its result would have come; items already under way are awaited and dropped then.
 */
export async function* mapAhead<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  ahead: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]()
  const running: Promise<{ done: true } | { done: false; value: Promise<R> }>[] = []
  // Pulled one after the other, for a source may be a generator; worked on together.
  let last: Promise<unknown> = Promise.resolve()
  const start = () => {
    const pulled = last.then(async (): Promise<{ done: true } | { done: false; value: Promise<R> }> => {
      const next = await iterator.next()
      if (next.done) return { done: true }
      const value = work(next.value)
      value.catch(() => {})
      return { done: false, value }
    })
    pulled.catch(() => {})
    last = pulled
    running.push(pulled)
  }
  try {
    while (true) {
      while (running.length <= ahead) start()
      const next = await running.shift()!
      if (next.done) return
      yield await next.value
    }
  } finally {
    // Not awaited: a source that waits for input would hold out the reader that has given up.
    Promise.resolve(iterator.return?.()).catch(() => {})
  }
}
