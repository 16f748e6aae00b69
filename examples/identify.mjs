// @ts-check
// Whose key does an image carry, among 100,000 users?
//   npx -y pnpm@12 example identify KEY-FILE IMAGE… (the extractor in STABLESIG_EXTRACTOR or STABLESIG_DATA)
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openExtractor, readImage, ready, toUnitImages } from '@stablesig/backend-node'
import { identify, parseKey, Registry } from '@stablesig/core'
import { randomKeys } from '@stablesig/core/key'

const { STABLESIG_DATA: data, STABLESIG_EXTRACTOR: named } = process.env
const extractorFile = named ?? (data && join(data, 'weights/dec_48b_whit.torchscript.pt'))
const [keyFile, ...files] = process.argv.slice(2)
if (!extractorFile || !keyFile || files.length === 0) {
  console.error('pass KEY-FILE IMAGE…, and the extractor in STABLESIG_EXTRACTOR or STABLESIG_DATA (docs/weights.md)')
  process.exit(2)
}

await ready()
const extractor = await openExtractor(extractorFile)
const registry = new Registry(extractor.bits)
for (const [i, key] of randomKeys(99_999, extractor.bits).entries()) registry.add(`user-${i}`, key)
registry.add('the key’s owner', parseKey((await readFile(keyFile, 'utf8')).trim(), extractor.bits))

for (const file of files) {
  const image = toUnitImages([await readImage(file)])
  const [outcome] = await identify(image, { extractor, registry, fpr: 1e-6 })
  image.dispose()
  if (!outcome?.ok) {
    console.log(`${file}: no decision possible, ${outcome?.error.message}`)
    continue
  }
  const { user, verdict, matches, total, pValue, runnerUp } = outcome.value
  const who = user ?? (verdict === 'tie' ? 'several equally, so nobody' : 'nobody')
  console.log(`${file}: ${who}, ${matches} of ${total} bits, p-value ${pValue} among ${registry.size} users`)
  if (runnerUp) console.log(`  next best: ${runnerUp.user}, ${runnerUp.matches} bits`)
}
extractor.dispose()
