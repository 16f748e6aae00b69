// @ts-check
// What minted marks are worth over many keys, and what users can do with minted decoders: docs/minting.md.
//   npx -y pnpm@12 example minted --minter FILE [SECTION…] [--extractor FILE] [--autoencoder FILE | --encoder FILE --decoder FILE] [--minter-decoder FILE]
//     --images FOLDER [--keys 100] [--photographs 4] [--size 256] [--registry 100000] [--attacks none,crop:0.5,…]
// Sections: keys, near, collude, bend; all of them where none is named. The first of the photographs serve. Our own models where others
// are not named.
import { exit } from 'node:process'
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
import { Judge } from '../limits/judge.mjs'
import { collude } from '../limits/sections/collude.mjs'
import { COLLUDERS, given } from './given.mjs'
import { bend } from './sections/bend.mjs'
import { overKeys } from './sections/keys.mjs'
import { near } from './sections/near.mjs'
import { userOf } from './user.mjs'

const SECTIONS = { keys: overKeys, near, collude, bend }
/** Of these the ones with a table of attacks. */
const JUDGED = ['collude', 'bend']

const options = read()
await ready()
const autoencoder = await openAutoencoder(options.autoencoder)
const base = options.base ? (await openAutoencoder(options.base)).decoder : autoencoder.decoder
const extractor = await openExtractor(options.extractor)
const minter = await openMinter(options.minter)
await checkMintersExtractor(minter, extractor)
const photographs = imageSet((await expandFiles([options.images])).slice(0, options.photographs))
const keys = randomKeys(Math.max(options.keys, COLLUDERS), extractor.bits, { seed: 'minted' })
const users = []
for (const [i, key] of keys.slice(0, COLLUDERS).entries()) users.push(await userOf({ minter, base }, `user-${i}`, key))
/** @type {import('./world.mjs').MintedWorld} */
const world = {
  ...{ autoencoder, base, extractor, minter, photographs, users },
  ...{ keys: keys.slice(0, options.keys), codec: sharpCodec(), attacks: options.attacks },
  ...{ images: photographs.length, size: options.size },
  judge: new Judge(extractor, users, options.registry),
  registry: options.registry,
}
for (const [name, section] of Object.entries(SECTIONS)) {
  if (!options.sections.includes(name)) continue
  const start = performance.now()
  if (JUDGED.includes(name)) world.judge.head(`${name}, ${world.images} photographs of ${world.size} px`)
  await section(world)
  console.log(`(${((performance.now() - start) / 1000).toFixed(0)} s)`)
}
exit(0)

function read() {
  try {
    return given(Object.keys(SECTIONS))
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    return exit(2)
  }
}
