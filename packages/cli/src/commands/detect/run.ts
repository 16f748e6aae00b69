import { createDetector } from '@stablesig/core'
import { type Io, jsonLine } from '../../io.ts'
import { checkKeyLength, readKey } from '../../key.ts'
import { extractorAt, startEngine } from '../../models.ts'
import type { GivenOf } from '../../options/description.ts'
import { describeSearch } from '../../searched.ts'
import { warnUnwhitened } from '../../unwhitened.ts'
import { eachImage } from '../each-image.ts'
import type { detect as command } from './command.ts'

export async function run(options: GivenOf<typeof command>, io: Io): Promise<number> {
  const key = await readKey(options, io)
  return eachImage(options, io, async (own) => {
    await startEngine(options)
    const extractor = own(await extractorAt(options.extractor))
    checkKeyLength(key, extractor.bits, options)
    const detector = createDetector({
      extractor,
      key,
      fpr: options.fpr,
      search: options.search,
      allowUnwhitened: true,
    })
    warnUnwhitened(extractor, options.extractor, io)
    return {
      read: (batch) => detector.detect(batch, { signal: io.signal }),
      tell(file, decision) {
        const { detected, matches, total, pValue, threshold, fpr, whitened, search, bits } = decision
        const read = options.bits ? { bits } : {}
        io.out(
          options.json
            ? jsonLine({ file, detected, matches, total, ...read, pValue, threshold, fpr, whitened, search })
            : `${file}\t${detected ? 'detected' : 'not detected'}\t${matches}/${total}\t` +
                `p-value ${pValue.toExponential(2)}\tthreshold ${threshold}${describeSearch(search)}${options.bits ? `\tread ${bits}` : ''}\n`,
        )
        return detected
      },
    }
  })
}
