import { readBits, readLogits } from '@stablesig/core'
import { EXIT } from '../exit.ts'
import type { InputOptions } from '../inputs.ts'
import { type Io, jsonLine } from '../io.ts'
import { type EngineOptions, extractorAt, startEngine } from '../models.ts'
import { eachImage } from './each-image.ts'

interface Options extends InputOptions, EngineOptions {
  readonly extractor: string
  readonly json?: boolean
}

export async function extractFiles(images: readonly string[], options: Options, io: Io): Promise<number> {
  const code = await eachImage(images, options, io, async (own) => {
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
