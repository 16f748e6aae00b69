// `npx -y pnpm@12 train gather`: photographs.json from its packages and renderings, as training/pictures/*.png.
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { here } from './here.ts'
import { fetchPhotographs, type Photograph } from './photographs.ts'
import { rendering } from './renderings.ts'

/** Side of a picture, its shorter one where it is not square. */
const SIZE = 512
/** Photographs are also cut into squares at this shorter side, where they have it. */
const LARGE = 2 * SIZE
const RENDERINGS = 60
const SEED = 0

const folder = join(here, 'pictures')
const listed: Photograph[] = JSON.parse(await readFile(join(here, 'photographs.json'), 'utf8'))

/** A photograph whole at the shorter side of 512 pixels, and where it is large its squares at twice that. */
async function writePhotograph({ name }: Photograph, bytes: Buffer, into: string): Promise<number> {
  const upright = await sharp(bytes)
    .rotate()
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true })
  const { width, height, channels } = upright.info
  const shorter = Math.min(width, height)
  const at = (side: number) =>
    sharp(upright.data, { raw: { width, height, channels } })
      .toColourspace('srgb')
      .resize({
        width: Math.round((width * side) / shorter),
        height: Math.round((height * side) / shorter),
      })
  await at(Math.min(SIZE, shorter))
    .png()
    .toFile(join(into, `${name}.png`))
  if (shorter < LARGE) return 1
  const large = await at(LARGE).raw().toBuffer({ resolveWithObject: true })
  const { info } = large
  const [columns, rows] = [Math.floor(info.width / SIZE), Math.floor(info.height / SIZE)]
  for (let i = 0; i < columns * rows; i++)
    await sharp(large.data, { raw: { width: info.width, height: info.height, channels: info.channels } })
      .extract({
        left: Math.floor(((info.width - SIZE) * (i % columns)) / Math.max(1, columns - 1)),
        top: Math.floor(((info.height - SIZE) * Math.floor(i / columns)) / Math.max(1, rows - 1)),
        width: SIZE,
        height: SIZE,
      })
      .png()
      .toFile(join(into, `${name}-${i}.png`))
  return 1 + columns * rows
}

const partial = `${folder}.partial`
await rm(partial, { recursive: true, force: true })
await mkdir(partial, { recursive: true })
let photographs = 0
for (const name of new Set(listed.map((one) => one.package))) {
  const ones = listed.filter((one) => one.package === name)
  console.log(`${name}: ${ones.length}`)
  for (const [photograph, bytes] of await fetchPhotographs(ones))
    photographs += await writePhotograph(photograph, bytes, partial)
}
for (let i = 0; i < RENDERINGS; i++)
  await writeFile(join(partial, `rendering-${String(i).padStart(3, '0')}.png`), await rendering(SEED, i, SIZE))
await rm(folder, { recursive: true, force: true })
await rename(partial, folder)
console.log(`${photographs} pictures of ${listed.length} photographs and ${RENDERINGS} renderings are in ${folder}`)
