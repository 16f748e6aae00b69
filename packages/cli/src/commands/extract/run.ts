import { readLogits } from '@stablesig/core/detection'
import { readBits } from '@stablesig/core/metrics'
import { EXIT } from '../../exit.ts'
import { type Io, jsonLine } from '../../io.ts'
import { extractorAt, startEngine } from '../../models.ts'
import type { GivenOf } from '../../options/description.ts'
import { eachImage } from '../each-image.ts'
import type { extract } from './command.ts'

export async function run(options: GivenOf<typeof extract>, io: Io): Promise<number> {
  const code = await eachImage(options, io, async (own) => {
    await startEngine(options)
    const extractor = own(await extractorAt(options.extractor))
    return {
      read: (batch) => readLogits(batch, { extractor, signal: io.signal }),
      tell(file, values) {
        const bits = readBits(values).join('')
        const logits = Array.from(values)
        io.out(
          options.json
            ? jsonLine({ file, bits, logits })
            : `${file}\t${bits}\t${logits.map((x) => x.toPrecision(4)).join(' ')}\n`,
        )
        return true
      },
    }
  })
  // Without images there is nothing to read, which is no failure.
  return code === EXIT.none ? EXIT.done : code
}
