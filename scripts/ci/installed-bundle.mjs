// Copied beside an installation of the packed packages, bundled by scripts/ci/installed.mjs as docs/bundling.md says, and run.
// Everything is inside main(), since CommonJS has no await outside of functions.
import { join } from 'node:path'
import { createWorkerDetector, openExtractor, readImage, ready, toUnitImages } from '@stablesig/backend-node'
import { detect, parseKey } from '@stablesig/core'

async function main() {
  const { engine } = await ready({ device: 'cpu' })
  const file = join(process.env.STABLESIG_FIXTURES, 'small-square-extractor.safetensors')
  const key = parseKey('1010011010010110')
  const extractor = await openExtractor(file)
  const image = toUnitImages([await readImage('images/0.png')])
  const [decision] = await detect(image, { extractor, key, fpr: 1e-3 })
  image.dispose()
  extractor.dispose()
  if (!decision.ok) throw decision.error
  // The worker's file is found beside the bundle.
  const detector = await createWorkerDetector({ extractor: file, key, fpr: 1e-3, sizes: [Number.POSITIVE_INFINITY] })
  const inWorker = await detector.detect('images/0.png')
  await detector.close()
  console.log(JSON.stringify({ engine, here: decision.value, inWorker }))
}

main().catch((error) => {
  console.error(`${error.name}: ${error.message}`)
  process.exitCode = 1
})
