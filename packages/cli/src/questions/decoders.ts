import type { Autoencoder } from '@stablesig/core'
import { type Attribution, attribute, type CandidatesCalibration, calibratedCandidates } from '@stablesig/core/tracing'
import type { Io } from '../io.ts'
import type { TracingOptions } from '../options/tracing.ts'
import { describeTrace, savedAs } from './decoder.ts'
import type { Question } from './question.ts'

/** Which of several decoders made an image? @throws StableSigError 'bad-calibration' for one that the calibration does not know */
export async function decodersQuestion(
  named: readonly { readonly name: string; readonly autoencoder: Autoencoder }[],
  calibration: CandidatesCalibration,
  { method, second, alpha, searchGrid, extrapolate, jpegQuality }: TracingOptions,
  { signal }: Io,
): Promise<Question<Attribution>> {
  const asked = { method, second, alpha, searchGrid, extrapolate }
  const { candidates, siblings } = await calibratedCandidates(calibration, named)
  return {
    async ask(image, file) {
      const saved = await savedAs(file, jpegQuality)
      return attribute(image, { ...asked, candidates, siblings, saved, signal })
    },
    fields: (attribution) => attribution,
    line({ verdict, names, traces }) {
      const said = { one: '', tie: 'a tie: ', none: 'none of these', undecided: 'undecided, if any of them: ' }[verdict]
      const each = traces.map(({ name, ...trace }) => `\t[${name}] ${trace.verdict}\t${describeTrace(trace)}`)
      return `${said}${names.join(', ')}${each.join('')}`
    },
    found: ({ verdict }) => verdict === 'one',
  }
}
