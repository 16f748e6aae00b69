// What every page does: reads a picture in a worker, and writes into the title how many bits agree.
import { createWorkerDetector } from '@stablesig/backend-web'
import { parseKey } from '@stablesig/core/key'

export async function decide() {
  const given = (name) => fetch(new URL(`/given/${name}`, location.href))
  const detector = await createWorkerDetector({
    extractor: new URL('/given/extractor.safetensors', location.href),
    key: parseKey(await (await given('key.txt')).text()),
    // The engine whose files a bundler has to find: a script and its WebAssembly.
    engine: { device: 'wasm' },
    sizes: [Number.POSITIVE_INFINITY],
    allowUnwhitened: true,
  })
  const { matches, total } = await detector.detect(await (await given('picture.png')).blob())
  const { engine } = detector
  detector.close()
  document.title = `${matches} of ${total} bits, ${engine.device}`
}
