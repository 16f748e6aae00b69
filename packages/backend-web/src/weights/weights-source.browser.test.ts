import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { sha256Of } from './hash.ts'
import { clearWeightsStore, fromStore } from './store.ts'
import { type WeightsProgress, weightsSource } from './weights-source.ts'

const bytes = Uint8Array.from({ length: 5000 }, (_, i) => i % 251)
const url = 'https://models.example/v1/extractor.safetensors?token=secret'
const hash = () => sha256Of(bytes)

/** A server that gives `body` in pieces. */
function serve(body: Uint8Array, headers: Record<string, string> = {}, status = 200) {
  const pieces = [body.slice(0, 2000), body.slice(2000)]
  const fetching = vi.fn(async (_: URL, init?: RequestInit) => {
    const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
      async pull(controller) {
        init?.signal?.throwIfAborted()
        const piece = pieces.shift()
        if (piece) controller.enqueue(piece)
        else controller.close()
      },
    })
    return new Response(stream, { status, headers })
  })
  vi.stubGlobal('fetch', fetching)
  return fetching
}

beforeEach(clearWeightsStore)
afterEach(() => {
  vi.unstubAllGlobals()
})

describe('a URL', () => {
  test('is fetched with progress, and named without what is secret', async () => {
    serve(bytes, { 'content-length': '5000' })
    const progress: WeightsProgress[] = []
    const source = await weightsSource(url, { onProgress: (one) => progress.push(one) })
    expect([source.name, source.size]).toEqual(['extractor.safetensors', 5000])
    expect(await source.read(10, 3)).toEqual(Uint8Array.of(10, 11, 12))
    expect(progress.at(0)).toEqual({ loaded: 2000, total: 5000 })
    expect(progress.at(-1)).toEqual({ loaded: 5000, total: 5000 })
  })

  test('is kept under its hash and fetched once', async () => {
    const fetching = serve(bytes)
    await weightsSource(url, { sha256: await hash() })
    const again = await weightsSource(url, { sha256: (await hash()).toUpperCase() })
    expect(fetching).toHaveBeenCalledTimes(1)
    expect(await again.read(0, 5000)).toEqual(bytes)
  })

  test('is not kept without a hash, or where nothing is to be kept', async () => {
    serve(bytes)
    await weightsSource(url)
    expect(await fromStore(await hash())).toBeNull()
    serve(bytes)
    await weightsSource(url, { sha256: await hash(), cache: false })
    expect(await fromStore(await hash())).toBeNull()
  })

  test('with another file behind it is refused, and not kept', async () => {
    serve(bytes.slice(1))
    await expect(weightsSource(url, { sha256: await hash() })).rejects.toEqual(
      expect.objectContaining({ code: 'bad-weights', message: expect.stringMatching(/extractor.*has the sha256/) }),
    )
    expect(await fromStore(await hash())).toBeNull()
  })

  test('of a file that is too large is refused, whether its length is told or not', async () => {
    for (const headers of [{ 'content-length': '5000' }, {}]) {
      serve(bytes, headers)
      await expect(weightsSource(url, { maxBytes: 4999 })).rejects.toMatchObject({ code: 'limit' })
    }
  })

  test('that fails says how', async () => {
    serve(bytes, {}, 404)
    await expect(weightsSource(url)).rejects.toThrow('extractor.safetensors cannot be fetched: its server says 404')
    serve(bytes, { 'content-length': '6000' })
    await expect(weightsSource(url)).rejects.toThrow('was cut off: 5000 bytes came of 6000')
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')))
    await expect(weightsSource(url)).rejects.toMatchObject({ code: 'io', message: expect.stringContaining('CORS') })
    await expect(weightsSource('http://')).rejects.toMatchObject({ code: 'bad-argument' })
  })

  test('is given up at once', async () => {
    serve(bytes)
    const controller = new AbortController()
    const source = weightsSource(url, { signal: controller.signal, onProgress: () => controller.abort('enough') })
    await expect(source).rejects.toMatchObject({ code: 'aborted', cause: 'enough' })
  })
})

describe('a chosen file', () => {
  const file = new File([bytes], 'mine.pt')
  test('is read in ranges', async () => {
    const source = await weightsSource(file)
    expect([source.name, source.size]).toEqual(['mine.pt', 5000])
    expect(await source.read(250, 2)).toEqual(Uint8Array.of(250, 0))
  })
  test('is held to its hash and to the limit', async () => {
    expect((await weightsSource(file, { sha256: await hash() })).size).toBe(5000)
    await expect(weightsSource(file, { sha256: '0'.repeat(64) })).rejects.toMatchObject({ code: 'bad-weights' })
    await expect(weightsSource(file, { sha256: 'abc' })).rejects.toMatchObject({ code: 'bad-argument' })
    await expect(weightsSource(file, { maxBytes: 10 })).rejects.toMatchObject({ code: 'limit' })
  })
})
