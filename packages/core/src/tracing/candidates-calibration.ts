import { StableSigError } from '../errors.ts'
import type { Autoencoder } from '../models/autoencoders/autoencoder.ts'
import type { Candidate } from './attribute.ts'
import { autoencoderHash } from './autoencoder-hash.ts'
import {
  type AttributionCalibration,
  type CalibrateAttributionOptions,
  calibrateAttribution,
  checkCandidates,
} from './calibrate-attribution.ts'
import { type CalibrateTracerOptions, calibrateTracer } from './calibrate-tracer.ts'
import type { TracerCalibration } from './calibration.ts'

/** All that `attribute` decides by: each candidate's own scores, and what tells candidates apart. */
export interface CandidatesCalibration {
  /** In the order of the siblings' candidates. */
  readonly tracers: readonly TracerCalibration[]
  readonly siblings: AttributionCalibration
}

export type CalibrateCandidatesOptions = CalibrateAttributionOptions &
  Pick<CalibrateTracerOptions, 'foreign' | 'methods'>

/**
 * Calibrates each of several decoders, and what tells them apart, on the same photographs, sizes and formats.
 * @throws StableSigError as `calibrateTracer` and `calibrateAttribution`. No tensor is left.
 */
export async function calibrateCandidates(options: CalibrateCandidatesOptions): Promise<CandidatesCalibration> {
  const { candidates, methods, foreign, onProgress, ...shared } = options
  checkCandidates(candidates)
  // Each photograph counts once for every candidate's scores, and once for what tells them apart.
  const parts = candidates.length + 1
  const progressOf = (part: number): CalibrateTracerOptions['onProgress'] =>
    onProgress &&
    (({ imagesDone, images }) => onProgress({ imagesDone: part * images + imagesDone, images: parts * images }))
  const tracers: TracerCalibration[] = []
  for (const [part, { autoencoder }] of candidates.entries())
    tracers.push(await calibrateTracer({ ...shared, autoencoder, methods, foreign, onProgress: progressOf(part) }))
  const siblings = await calibrateAttribution({ ...shared, candidates, onProgress: progressOf(parts - 1) })
  return { tracers, siblings }
}

/**
 * What `attribute` takes of these decoders, which a calibration knows by their weights, whatever they were called when it was made; not all
 * that it knows need be there.
 * @param named by the names that the answer shall have
 * @throws StableSigError 'bad-calibration' for a decoder that it does not know; 'bad-argument', 'disposed'
 */
export async function calibratedCandidates(
  { tracers, siblings }: CandidatesCalibration,
  named: readonly { readonly name: string; readonly autoencoder: Autoencoder }[],
): Promise<{ readonly candidates: readonly Candidate[]; readonly siblings: AttributionCalibration }> {
  checkCandidates(named)
  const names = new Map<number, string>()
  const candidates: Candidate[] = []
  for (const { name, autoencoder } of named) {
    const hash = await autoencoderHash(autoencoder)
    // Decoders of the same weights are each one of those that the calibration has.
    const place = tracers.findIndex((tracer, i) => tracer.autoencoder.hash === hash && !names.has(i))
    const calibration = tracers[place]
    if (!calibration)
      throw new StableSigError(
        'bad-calibration',
        `the calibration does not know ${name}: expected its hash ${hash.slice(0, 12)}…, found those of ` +
          `${siblings.candidates.map((known) => known.name).join(', ')}; make it anew by calibrateCandidates, or the command calibrate-tracer`,
      )
    names.set(place, name)
    candidates.push({ name, autoencoder, calibration })
  }
  const renamed = siblings.candidates.map(({ hash }, i) => ({ hash, name: names.get(i) ?? `\0${i}` }))
  return { candidates, siblings: { ...siblings, candidates: renamed } }
}
