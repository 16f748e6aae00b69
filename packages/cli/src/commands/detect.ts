import { toUnitImages } from '@stablesig/backend-node'
import { checkKey, detect } from '@stablesig/core'
import { EXIT } from '../exit.ts'
import { type InputOptions, inputPaths, readInputs } from '../inputs.ts'
import { type Io, jsonLine } from '../io.ts'
import { type KeyOptions, readKey } from '../key.ts'
import { type EngineOptions, openExtractor, startEngine } from '../models.ts'
import { reportFailure } from '../report.ts'

interface Options extends InputOptions, EngineOptions, KeyOptions {
  readonly extractor: string
  readonly fpr: number
  readonly json?: boolean
}

export async function detectFiles(images: readonly string[], options: Options, io: Io): Promise<number> {
  const key = await readKey(options, io)
  const paths = await inputPaths(images, options, io)
  await startEngine(options)
  const extractor = await openExtractor(options.extractor)
  let found = false
  let failed = false
  try {
    checkKey(key, extractor.bits)
    for await (const input of readInputs(paths, options, io)) {
      try {
        if ('error' in input) throw input.error
        const batch = toUnitImages([input.image])
        const result = await detect(batch, { extractor, key, fpr: options.fpr }).finally(() => batch.dispose())
        const { detected, matches, total, bits, pValue, threshold, fpr } = result
        found ||= detected
        if (options.json) io.out(jsonLine({ file: input.file, detected, matches, total, bits, pValue, threshold, fpr }))
        else
          io.out(
            `${input.file}\t${detected ? 'detected' : 'not detected'}\t${matches}/${total}\tp=${pValue.toExponential(2)}\tthreshold ${threshold}\n`,
          )
      } catch (error) {
        reportFailure(input.file, error, options.json, io)
        failed = true
      }
    }
  } finally {
    extractor.dispose()
  }
  return failed ? EXIT.error : found ? EXIT.done : EXIT.none
}
