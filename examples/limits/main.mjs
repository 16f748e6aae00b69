// @ts-check
// What a mark withstands when the attacker knows the scheme: a table for each kind of attack, as in docs/limits.md.
//   npx -y pnpm@12 example limits [SECTION…] [--signed A.safetensors,B.safetensors --key-files A.key,B.key] [--users 3] [--steps N]
//     [--images 8] [--size 256] [--gradient-size 128] [--gradient-steps 10] [--levels 1,2,4,8] [--registry 100000] [--autoencoder FILE]
//     [--finetune-steps 10,30,100] [--finetune-rates 1e-4] [--residuals 1,16] [--ladder-size 256]
// Sections: purify, collude, finetune, perturb, forge, ladders; all of them where none is named. Weights and photographs in STABLESIG_DATA.
import { join } from 'node:path'
import { env, exit } from 'node:process'
import { parseArgs } from 'node:util'
import { expandFiles, imageSet, openAutoencoder, openExtractor, ready, sharpCodec } from '@stablesig/backend-node'
import { Judge } from './judge.mjs'
import { collude } from './sections/collude.mjs'
import { finetune } from './sections/finetune.mjs'
import { forge } from './sections/forge.mjs'
import { ladders } from './sections/ladders.mjs'
import { perturb } from './sections/perturb.mjs'
import { purify } from './sections/purify.mjs'
import { openUsers } from './users.mjs'

const SECTIONS = { purify, collude, finetune, perturb, forge, ladders }

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    signed: { type: 'string' },
    'key-files': { type: 'string' },
    users: { type: 'string', default: '3' },
    steps: { type: 'string' },
    images: { type: 'string', default: '8' },
    size: { type: 'string', default: '256' },
    'gradient-size': { type: 'string', default: '128' },
    'gradient-steps': { type: 'string', default: '10' },
    levels: { type: 'string', default: '1,2,4,8' },
    registry: { type: 'string', default: '100000' },
    autoencoder: { type: 'string' },
    'finetune-steps': { type: 'string', default: '10,30,100' },
    'finetune-rates': { type: 'string', default: '1e-4' },
    residuals: { type: 'string', default: '1,16' },
    'ladder-size': { type: 'string', default: '256' },
  },
})
const { STABLESIG_DATA: data } = env
const unknown = positionals.find((name) => !Object.hasOwn(SECTIONS, name))
if (!data || unknown) {
  console.error(
    unknown
      ? `pass sections among ${Object.keys(SECTIONS).join(', ')}; found ${unknown}`
      : 'pass weights and photographs: set STABLESIG_DATA to a folder with weights/ and images/{train,val}, as docs/weights.md says',
  )
  exit(2)
}
const numbers = (/** @type {string} */ text) => text.split(',').map(Number)
const weights = (/** @type {string} */ name) => join(data, 'weights', name)

await ready()
const extractor = await openExtractor(weights('dec_48b_whit.torchscript.pt'))
const autoencoder = await openAutoencoder({
  ...{ encoder: weights('taef2_encoder.pth'), decoder: weights('taef2_decoder.pth') },
})
const training = imageSet(await expandFiles([join(data, 'images/train')]))
const users = await openUsers({ ...values, autoencoder, extractor, training })
/** @type {import('./pictures.mjs').World} */
const world = {
  ...{ autoencoder, extractor, training, users, codec: sharpCodec() },
  photographs: imageSet(await expandFiles([join(data, 'images/val')])),
  judge: new Judge(extractor, users, Number(values.registry)),
  images: Number(values.images),
  size: Number(values.size),
  ladderSize: Number(values['ladder-size']),
  levels: numbers(values.levels),
  gradient: { size: Number(values['gradient-size']), steps: Number(values['gradient-steps']) },
  finetune: { at: numbers(values['finetune-steps']), rates: numbers(values['finetune-rates']) },
  residuals: numbers(values.residuals),
  /** Another generator's, where one is given. */
  other: values.autoencoder ? await openAutoencoder({ path: values.autoencoder }) : null,
  /** Of the same architecture, trained apart. */
  openOtherExtractor: () => openExtractor(weights('other_dec_48b_whit.torchscript.pt')),
}

/** @type {Record<string, number>} */
const sizes = { perturb: world.gradient.size, forge: world.gradient.size, ladders: world.ladderSize }
console.log(
  `${users.length} users' decoders x ${world.images} photographs; thresholds for a false-positive rate of 1e-6, ` +
    `accused among ${values.registry} users`,
)
for (const [name, section] of Object.entries(SECTIONS)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue
  const start = performance.now()
  world.judge.head(`${name}, ${sizes[name] ?? world.size} px`)
  await section(world)
  console.log(`(${((performance.now() - start) / 1000).toFixed(0)} s)`)
}
exit(0)
