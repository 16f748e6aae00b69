import { createDetector } from '@stablesig/core'
import type { InputOptions } from '../inputs.ts'
import { type Io, jsonLine } from '../io.ts'
import { checkKeyLength, type KeyOptions, readKey } from '../key.ts'
import { type EngineOptions, extractorAt, startEngine } from '../models.ts'
import { warnUnwhitened } from '../unwhitened.ts'
import { eachImage } from './each-image.ts'

interface Options extends InputOptions, EngineOptions, KeyOptions {
  readonly extractor: string
  readonly fpr: number
  readonly bits?: boolean
  readonly json?: boolean
}

export async function detectFiles(images: readonly string[], options: Options, io: Io): Promise<number> {
  const key = await readKey(options, io)
  return eachImage(images, options, io, async (own) => {
    await startEngine(options)
    const extractor = own(await extractorAt(options.extractor))
    checkKeyLength(key, extractor.bits, options)
    const detector = createDetector({ extractor, key, fpr: options.fpr, allowUnwhitened: true })
    warnUnwhitened(extractor, options.extractor, io)
    return {
      read: (batch) => detector.detect(batch, { signal: io.signal }),
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
