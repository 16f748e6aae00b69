// `npx -y pnpm@12 demo`: signs a decoder, makes pictures with it, attacks them, and asks whose they are.
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import {
  expandFiles,
  imageSet,
  openAutoencoder,
  openExtractor,
  type Pixels,
  ready,
  sharpCodec,
  toPixels,
  toUnitImages,
  writePng,
} from '@stablesig/backend-node'
import {
  type Autoencoder,
  detect,
  type Extractor,
  finetuneDecoder,
  identify,
  type Key,
  Registry,
  randomKey,
} from '@stablesig/core'
import { randomKeys } from '@stablesig/core/key'
import { decode, encode } from '@stablesig/core/models'
import * as transforms from '@stablesig/core/transforms'
import type { Weights } from '@stablesig/core/weights'
import { dispose, tidy } from '@tensorflow/tfjs-core'
import { table } from './table.ts'

const FPR = 1e-6
const USERS = 100_000
const OURS = 'the signer'

/** What is done to a picture before somebody asks where it comes from. */
const ATTACKS = ['none', 'crop:0.5', 'crop:0.1', 'brightness:1.5', 'jpeg:80', 'crop:0.5+brightness:1.5+jpeg:80']

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '50' },
    pictures: { type: 'string', default: '8' },
    out: { type: 'string', default: 'out/demo' },
  },
})
const { STABLESIG_DATA: data } = process.env
if (!data) {
  console.error(
    'set STABLESIG_DATA to a folder with weights/ and images/{train,val}: docs/weights.md says where they come from',
  )
  process.exit(2)
}

const { engine, reason } = await ready()
console.log(`engine     ${engine}: ${reason}`)
const extractor = await openExtractor(join(data, 'weights/dec_48b_whit.torchscript.pt'))
const autoencoder = await openAutoencoder({
  encoder: join(data, 'weights/taef2_encoder.pth'),
  decoder: join(data, 'weights/taef2_decoder.pth'),
})
const key = randomKey(extractor.bits)

const { decoder, report } = await finetuneDecoder({
  autoencoder,
  extractor,
  key,
  images: imageSet(await expandFiles([join(data, 'images/train')])),
  steps: Number(values.steps),
  onStep: ({ step, steps, bitAccuracy }) => {
    process.stderr.write(`\rsigning    step ${step} of ${steps}, bit accuracy ${bitAccuracy.toFixed(3)}   `)
  },
})
process.stderr.write('\n')
console.log(`signed     in ${report.seconds.toFixed(0)} s`)

const registry = new Registry(extractor.bits)
for (const [i, other] of randomKeys(USERS - 1, extractor.bits).entries()) registry.add(`user ${i}`, other)
registry.add(OURS, key)

const folder = resolve(values.out)
await mkdir(folder, { recursive: true })
const photographs = (await expandFiles([join(data, 'images/val')])).slice(0, Number(values.pictures))
const marked = await reconstruct(autoencoder, decoder.weights, photographs)
const plain = await reconstruct(autoencoder, autoencoder.decoder.weights, photographs)

const rows = [await judge(extractor, key, plain, 'none', 'not signed')]
for (const attack of ATTACKS) rows.push(await judge(extractor, key, marked, attack))
console.log(`\n${table(['attack', 'bits right', 'detected', 'least p-value', 'identified', 'wrongly accused'], rows)}`)
console.log(`\n${marked.length} pictures, false-positive rate ${FPR}, ${USERS} users; pictures are in ${folder}`)
process.exit(0)

/** Photographs at 256 px through the autoencoder with these decoder weights, as 8-bit pictures. */
async function reconstruct(model: Autoencoder, weights: Weights, files: readonly string[]): Promise<Pixels[]> {
  const images = imageSet(files)
  const made: Pixels[] = []
  for (let i = 0; i < images.length; i += 1) {
    const photograph = await images.read(i, 256)
    const decoded = tidy(() => decode(model, encode(model, photograph), weights))
    made.push(...(await toPixels(decoded, [`${String(i).padStart(2, '0')}`])))
    photograph.dispose()
    decoded.dispose()
  }
  return made
}

/** A row of the table: what detection and identification say of the pictures after an attack. */
async function judge(
  reader: Extractor,
  ours: Key,
  pictures: readonly Pixels[],
  attack: string,
  name = attack,
): Promise<string[]> {
  const attacks = transforms.parseTransforms(attack)
  let matches = 0
  let total = 0
  let detected = 0
  let identified = 0
  let accused = 0
  let least = 1
  for (const picture of pictures) {
    const original = toUnitImages([picture])
    const changed = await transforms.applyTransforms(original, attacks, { codec: sharpCodec() })
    // As a file has it: 8 bits.
    const attacked = await toPixels(changed, [`${picture.name} ${name.replaceAll(':', ' ')}`])
    for (const file of attacked) await writePng(join(folder, `${file.name}.png`), file)
    const image = toUnitImages(attacked)
    dispose([original, changed])
    const [found] = await detect(image, { extractor: reader, key: ours, fpr: FPR })
    const [who] = await identify(image, { extractor: reader, registry, fpr: FPR })
    image.dispose()
    if (!found?.ok || !who?.ok) throw found && !found.ok ? found.error : new Error('no decision')
    matches += found.value.matches
    total += found.value.total
    detected += Number(found.value.detected)
    least = Math.min(least, found.value.pValue)
    identified += Number(who.value.user === OURS)
    accused += Number(who.value.user !== null && who.value.user !== OURS)
  }
  const of = (count: number): string => `${count}/${pictures.length}`
  return [name, (matches / total).toFixed(3), of(detected), least.toExponential(1), of(identified), of(accused)]
}
