import { readSavedFormat, readTextFile } from '@stablesig/backend-node'
import type { Autoencoder } from '@stablesig/core'
import {
  type ImageFormat,
  type PValue,
  type readCalibration,
  type Trace,
  type TracerCalibration,
  traceImage,
  tracingMethod,
} from '@stablesig/core/tracing'
import type { Io } from '../io.ts'
import type { TracingOptions } from '../options/tracing.ts'
import type { Question } from './question.ts'

/** Bytes of a calibration, at most. */
const MAX_BYTES = 32 * 2 ** 20

/** A calibration's file, by the reader of its kind. @throws StableSigError 'io', 'limit', 'bad-calibration' */
export async function calibrationAt<C>(
  path: string,
  read: (...given: Parameters<typeof readCalibration>) => C,
): Promise<C> {
  return read(await readTextFile(path, MAX_BYTES), { name: path })
}

/** @throws StableSigError 'bad-argument' for a method that there is not */
export function checkMethods({ method, second }: TracingOptions): void {
  for (const name of [method, second]) if (name !== undefined) tracingMethod(name)
}

/** Did this decoder make an image? */
export function decoderQuestion(
  autoencoder: Autoencoder,
  calibration: TracerCalibration,
  { method, second, alpha, searchGrid, extrapolate, jpegQuality }: TracingOptions,
  { signal }: Io,
): Question<Trace> {
  const asked = { method, second, alpha, searchGrid, extrapolate }
  return {
    async ask(image, file) {
      const saved = await savedAs(file, jpegQuality)
      return traceImage(image, { ...asked, autoencoder, calibration, saved, signal })
    },
    fields: (trace) => trace,
    line: ({ verdict, ...trace }) => `${verdict}\t${describeTrace(trace)}`,
    found: ({ verdict }) => verdict === 'belongs',
  }
}

/** Both p-values, and what they rest on. */
export const describeTrace = ({
  pForeign,
  pBelongs,
  likestForeign,
  extrapolates,
}: Pick<Trace, 'pForeign' | 'pBelongs' | 'likestForeign' | 'extrapolates'>): string =>
  `p-value foreign ${spelled(pForeign)}\tp-value belongs ${spelled(pBelongs)}\tlikest ${likestForeign}` +
  `${extrapolates.length ? `\textrapolates ${extrapolates.join(', ')}` : ''}`

const spelled = ({ p, extrapolated }: PValue): string => `${p.toExponential(2)}${extrapolated ? ' (extrapolated)' : ''}`

/** How a file was saved; the quality that is given counts before that of its tables. */
export async function savedAs(file: string, quality: number | undefined): Promise<ImageFormat> {
  const saved = await readSavedFormat(file)
  return saved.format === 'jpeg' && quality !== undefined ? { ...saved, quality } : saved
}
