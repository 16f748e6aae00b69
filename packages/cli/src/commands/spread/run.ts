import { checkOutputFile, withWeights } from '@stablesig/backend-node'
import { StableSigError } from '@stablesig/core'
import { readWhitening, spreadLayer, weakestBitOfLayer } from '@stablesig/core/models'
import { EXIT } from '../../exit.ts'
import { type Io, jsonLine } from '../../io.ts'
import type { GivenOf } from '../../options/description.ts'
import { saveWithLayer } from '../../save-layer.ts'
import type { spread } from './command.ts'

/** Writes an extractor whose whitening layer is mixed. */
export async function run({ extractor, out, json }: GivenOf<typeof spread>, io: Io): Promise<number> {
  await checkOutputFile(out)
  const before = await withWeights(extractor, readWhitening)
  const layer = spreadLayer(before)
  checkEvener(weakestBitOfLayer(before).share, weakestBitOfLayer(layer).share, extractor)
  await saveWithLayer(out, extractor, layer)
  const bits = layer.bias.length
  io.out(json ? jsonLine({ out, bits }) : `${out}: ${bits} bits, each an even mix of those of ${extractor}\n`)
  return EXIT.done
}

/** The mix nearly undoes itself: what is spread twice has its weak bits again. @throws StableSigError 'bad-argument' */
function checkEvener(was: number, is: number, extractor: string): void {
  if (is > 1.01 * was) return
  throw new StableSigError(
    'bad-argument',
    `${extractor}: its weakest bit has ${was.toFixed(2)} of the middle one's weight and would have ${is.toFixed(2)}: its bits are spread already, or even as they are; keep it`,
  )
}
