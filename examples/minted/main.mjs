// @ts-check
// What minted marks are worth over many keys, and what users can do with minted decoders: docs/minting.md.
//   npx -y pnpm@12 example minted --minter FILE [SECTION…] [--extractor FILE] [--autoencoder FILE | --encoder FILE --decoder FILE]
//     --images FOLDER [--keys 100] [--photographs 4] [--size 256] [--registry 100000] [--attacks none,crop:0.5,…]
// Sections: keys, near, collude, bend; all of them where none is named. The first of the photographs serve. Our own models where others
// are not named.
import { exit } from 'node:process'
import { parseArgs } from 'node:util'
import {
  expandFiles,
  imageSet,
  openAutoencoder,
  openExtractor,
  openMinter,
  ready,
  sharpCodec,
} from '@stablesig/backend-node'
import { randomKeys } from '@stablesig/core/key'
import { checkMintersExtractor } from '@stablesig/core/minting'
import { AUTOENCODER_16, EXTRACTOR_48 } from '@stablesig/models'
import { Judge } from '../limits/judge.mjs'
import { collude } from '../limits/sections/collude.mjs'
import { bend } from './sections/bend.mjs'
import { overKeys } from './sections/keys.mjs'
import { near } from './sections/near.mjs'
import { userOf } from './user.mjs'

const SECTIONS = { keys: overKeys, near, collude, bend }
/** Of these the ones with a table of attacks. */
const JUDGED = ['collude', 'bend']
/** Users who average, at most. */
const COLLUDERS = 5

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minter: { type: 'string' },
    extractor: { type: 'string' },
    autoencoder: { type: 'string' },
    encoder: { type: 'string' },
    decoder: { type: 'string' },
    images: { type: 'string' },
    keys: { type: 'string', default: '100' },
    photographs: { type: 'string', default: '4' },
    size: { type: 'string', default: '256' },
    registry: { type: 'string', default: '100000' },
    attacks: { type: 'string', default: 'none,crop:0.5,jpeg:80,crop:0.5+brightness:1.5+jpeg:80' },
  },
})
const unknown = positionals.find((name) => !Object.hasOwn(SECTIONS, name))
if (unknown || !values.minter || !values.images) {
  console.error(
    `pass --minter FILE, which train-minter wrote, --images FOLDER, and sections among ${Object.keys(SECTIONS).join(', ')}${unknown ? `; found ${unknown}` : ''}`,
  )
  exit(2)
}

await ready()
const { encoder, decoder } = values
const autoencoder = await openAutoencoder(
  encoder && decoder ? { encoder, decoder } : { path: values.autoencoder ?? AUTOENCODER_16.url },
)
const extractor = await openExtractor(values.extractor ?? EXTRACTOR_48.url)
const minter = await openMinter(values.minter)
await checkMintersExtractor(minter, extractor)
const photographs = imageSet((await expandFiles([values.images])).slice(0, Number(values.photographs)))
const keys = randomKeys(Math.max(Number(values.keys), COLLUDERS), extractor.bits, { seed: 'minted' })
const users = []
for (const [i, key] of keys.slice(0, COLLUDERS).entries())
  users.push(await userOf({ minter, autoencoder }, `user-${i}`, key))
/** @type {import('./world.mjs').MintedWorld} */
const world = {
  ...{ autoencoder, extractor, minter, photographs, users },
  ...{ keys: keys.slice(0, Number(values.keys)), codec: sharpCodec(), attacks: values.attacks.split(',') },
  ...{ images: photographs.length, size: Number(values.size) },
  judge: new Judge(extractor, users, Number(values.registry)),
  registry: Number(values.registry),
}
for (const [name, section] of Object.entries(SECTIONS)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue
  const start = performance.now()
  if (JUDGED.includes(name)) world.judge.head(`${name}, ${world.images} photographs of ${world.size} px`)
  await section(world)
  console.log(`(${((performance.now() - start) / 1000).toFixed(0)} s)`)
}
exit(0)
