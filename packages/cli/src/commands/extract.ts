import { toUnitImages } from '@stablesig/backend-node'
import { EXIT } from '../exit.ts'
import { type InputOptions, inputPaths, readInputs } from '../inputs.ts'
import { type Io, jsonLine } from '../io.ts'
import { type EngineOptions, openExtractor, startEngine } from '../models.ts'
import { reportFailure } from '../report.ts'

interface Options extends InputOptions, EngineOptions {
  readonly extractor: string
  readonly json?: boolean
}

export async function extractFiles(images: readonly string[], options: Options, io: Io): Promise<number> {
  const paths = await inputPaths(images, options, io)
  await startEngine(options)
  const extractor = await openExtractor(options.extractor)
  let code: number = EXIT.done
  try {
    for await (const input of readInputs(paths, options, io)) {
      try {
        if ('error' in input) throw input.error
        const { bits, logits } = await extractBits(extractor, input.image)
        if (options.json) io.out(jsonLine({ file: input.file, bits, logits }))
        else io.out(`${input.file}\t${bits}\t${logits.map((x) => x.toFixed(3)).join(' ')}\n`)
      } catch (error) {
        reportFailure(input.file, error, options.json, io)
        code = EXIT.error
      }
    }
  } finally {
    extractor.dispose()
  }
  return code
}
