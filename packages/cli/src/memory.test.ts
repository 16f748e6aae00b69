import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { imageSet, openAutoencoder, openExtractor, readImage, ready, toUnitImages } from '@stablesig/backend-node'
import { detect, finetuneDecoder, randomKey } from '@stablesig/core'
import { memory } from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'

const data = resolve(import.meta.dirname, '../../..', process.env.STABLESIG_DATA ?? '../shared/data')
const photographs = ['n01494475_hammerhead.JPEG', 'n01537544_indigo_bunting.JPEG'].map((f) =>
  join(data, 'images/val', f),
)

/** Resident memory now, in MB, after a collection where the process allows one (node --expose-gc). */
function resident(): number {
  globalThis.gc?.()
  return process.memoryUsage().rss / 2 ** 20
}

// Minutes of work: only where it is asked for, as STABLESIG_MEMORY=1 npx vitest run --project cli memory
test.skipIf(!process.env.STABLESIG_MEMORY || !existsSync(data))(
  '1,000 detections and three signings in one process leave no tensor, and memory stops growing',
  async () => {
    await ready({ device: 'cpu' })
    const before = memory().numTensors
    const extractor = await openExtractor(join(data, 'weights/dec_48b_whit.torchscript.pt'))
    const autoencoder = await openAutoencoder({
      encoder: join(data, 'weights/taef2_encoder.pth'),
      decoder: join(data, 'weights/taef2_decoder.pth'),
    })
    const key = randomKey(extractor.bits, { seed: 'memory' })
    const loaded = memory().numTensors
    const detections: number[] = []
    const signings: number[] = []
    for (let i = 0; i < 1000; i++) {
      // Three sizes take turns, as in a folder of photographs.
      const image = await readImage(photographs[i % 2]!, { size: [64, 96, 80][i % 3]! })
      const batch = toUnitImages([image])
      await detect(batch, { extractor, key })
      batch.dispose()
      if (i % 100 === 99) detections.push(resident())
      if (i % 300 === 299) {
        const { decoder } = await finetuneDecoder({
          autoencoder,
          extractor,
          key,
          images: imageSet(photographs),
          size: 64,
          steps: 12,
          batchSize: 2,
        })
        decoder.dispose()
        signings.push(resident())
      }
    }
    expect(memory().numTensors).toBe(loaded)
    autoencoder.dispose()
    extractor.dispose()
    expect(memory().numTensors).toBe(before)
    console.log(
      `MB after each 100 detections ${detections.map(Math.round)}, after each signing ${signings.map(Math.round)}`,
    )
    // What the first signing took may stay; from the second on nothing is added.
    expect(signings[2]!).toBeLessThan(signings[1]! * 1.05)
    expect(detections.at(-1)!).toBeLessThan(Math.max(...detections.slice(3, 7)) * 1.05)
  },
  1_800_000,
)
