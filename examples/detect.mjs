// @ts-check
// Does an image carry a key? Prints a line an image.
//   npx -y pnpm@12 example detect KEY-FILE IMAGE… (the extractor in STABLESIG_EXTRACTOR or STABLESIG_DATA)
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openExtractor, readImage, ready, toUnitImages } from '@stablesig/backend-node'
import { detect, parseKey } from '@stablesig/core'

const { STABLESIG_DATA: data, STABLESIG_EXTRACTOR: named } = process.env
const extractorFile = named ?? (data && join(data, 'weights/dec_48b_whit.torchscript.pt'))
const [keyFile, ...files] = process.argv.slice(2)
if (!extractorFile || !keyFile || files.length === 0) {
  console.error('pass KEY-FILE IMAGE…, and the extractor in STABLESIG_EXTRACTOR or STABLESIG_DATA (docs/weights.md)')
  process.exit(2)
}

await ready()
const extractor = await openExtractor(extractorFile)
const key = parseKey((await readFile(keyFile, 'utf8')).trim(), extractor.bits)
for (const file of files) {
  // Any size: nothing is resized. One outcome an image: a decision, or why there can be none.
  const image = toUnitImages([await readImage(file)])
  const [outcome] = await detect(image, { extractor, key, fpr: 1e-6 })
  image.dispose()
  if (!outcome?.ok) {
    console.log(`${file}: no decision possible, ${outcome?.error.message}`)
    continue
  }
  const { detected, matches, total, pValue, threshold } = outcome.value
  const said = detected ? 'carries the key' : 'does not carry the key'
  console.log(`${file} ${said}: ${matches} of ${total} bits, p-value ${pValue}, threshold ${threshold}`)
}
extractor.dispose()
