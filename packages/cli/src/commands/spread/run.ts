import { checkOutputFile, withWeights } from '@stablesig/backend-node'
import { readWhitening, spreadLayer } from '@stablesig/core/models'
import { EXIT } from '../../exit.ts'
import { type Io, jsonLine } from '../../io.ts'
import type { GivenOf } from '../../options/description.ts'
import { saveWithLayer } from '../../save-layer.ts'
import type { spread } from './command.ts'

/** Writes an extractor whose whitening layer is mixed. */
export async function run({ extractor, out, json }: GivenOf<typeof spread>, io: Io): Promise<number> {
  await checkOutputFile(out)
  const layer = spreadLayer(await withWeights(extractor, readWhitening))
  await saveWithLayer(out, extractor, layer)
  const bits = layer.bias.length
  io.out(json ? jsonLine({ out, bits }) : `${out}: ${bits} bits, each an even mix of those of ${extractor}\n`)
  return EXIT.done
}
