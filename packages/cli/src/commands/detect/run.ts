import { detect } from '@stablesig/core'
import { type Io, jsonLine } from '../../io.ts'
import { checkKeyLength, readKey } from '../../key.ts'
import { extractorAt, startEngine } from '../../models.ts'
import type { GivenOf } from '../../options/description.ts'
import { warnUnwhitened } from '../../unwhitened.ts'
import { eachImage } from '../each-image.ts'
import type { detect as command } from './command.ts'

export async function run(options: GivenOf<typeof command>, io: Io): Promise<number> {
  const key = await readKey(options, io)
  return eachImage(options, io, async (own) => {
    await startEngine(options)
    const extractor = own(await extractorAt(options.extractor))
    checkKeyLength(key, extractor.bits, options)
    const request = { extractor, key, fpr: options.fpr, signal: io.signal, allowUnwhitened: true }
    // Without images: says at once what is wrong with the request itself.
    await detect([], request)
    warnUnwhitened(extractor, options.extractor, io)
    return {
      read: (batch) => detect(batch, request),
      tell(file, decision) {
        const { detected, matches, total, pValue, threshold, fpr, whitened, bits } = decision
        const read = options.bits ? { bits } : {}
        io.out(
          options.json
            ? jsonLine({ file, detected, matches, total, ...read, pValue, threshold, fpr, whitened })
            : `${file}\t${detected ? 'detected' : 'not detected'}\t${matches}/${total}\t` +
                `p-value ${pValue.toExponential(2)}\tthreshold ${threshold}${options.bits ? `\tread ${bits}` : ''}\n`,
        )
        return detected
      },
    }
  })
}
