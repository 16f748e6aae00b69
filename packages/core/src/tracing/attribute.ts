import { expandDims, type Tensor3D, type Tensor4D } from '@tensorflow/tfjs-core'
import { checkNumber, checkObject, checkOptions } from '../arguments.ts'
import { at } from '../at.ts'
import { StableSigError } from '../errors.ts'
import type { Autoencoder } from '../models/autoencoders/autoencoder.ts'
import { asUnit, type UnitImage, type UnitImages } from '../signal/images.ts'
import { autoencoderHash } from './autoencoder-hash.ts'
import { type AttributionCalibration, checkCandidates } from './calibrate-attribution.ts'
import { spellSaved, type TracerCalibration } from './calibration.ts'
import { cropToGrid } from './crop-to-grid.ts'
import { nearestSet } from './fitting-set.ts'
import { pValue } from './p-value.ts'
import { residuals } from './residual.ts'
import { DEFAULT_ALPHA, type Trace, type TraceOptions, traceImage } from './trace-image.ts'

/** One of the decoders that may have made an image. */
export interface Candidate {
  readonly name: string
  readonly autoencoder: Autoencoder
  readonly calibration: TracerCalibration
}

export interface AttributeOptions extends Pick<TraceOptions, 'saved' | 'method' | 'second' | 'extrapolate' | 'signal'> {
  /** At least two, of different names. */
  readonly candidates: readonly Candidate[]
  /** Tells siblings apart; without it several that may have made an image are a tie. */
  readonly siblings?: AttributionCalibration | undefined
  /** Greatest rate of images of none of them to which a name is given, and of images whose maker is ruled out, (0,1). Default .01. */
  readonly alpha?: number | undefined
}

export interface Attribution {
  /** 'one': `names` has the maker. 'tie': one of `names`, which cannot be told apart. 'none': none of the candidates. */
  readonly verdict: 'one' | 'tie' | 'none' | 'undecided'
  readonly names: readonly string[]
  /** What each candidate's calibration says, in their order. */
  readonly traces: readonly (Trace & { readonly name: string })[]
}

/**
 * Which of several decoders made an image? Each is asked by its own calibration, at alpha over their number; of several that may have made
 * it, each is ruled out whose images have residuals unlike this one's beside the others'. Identical decoders are always a tie.
 * @param image [H,W,3] or [1,H,W,3]
 * @throws StableSigError as `traceImage`; 'bad-calibration' for siblings of other candidates. No tensor is left.
 */
export async function attribute(image: UnitImage | UnitImages, options: AttributeOptions): Promise<Attribution> {
  checkOptions(options, 'attribute')
  const { candidates, siblings, alpha = DEFAULT_ALPHA, ...rest } = options
  checkCandidates(candidates)
  checkNumber(alpha, 'alpha', 'a rate between 0 and 1 (both excluded)', (rate) => rate > 0 && rate < 1)
  if (siblings) await checkSiblings(siblings, candidates)
  const traces: (Trace & { readonly name: string })[] = []
  for (const { name, autoencoder, calibration } of candidates)
    traces.push({
      name,
      ...(await traceImage(image, { ...rest, autoencoder, calibration, alpha: alpha / candidates.length })),
    })
  const possible = candidates.filter((_, i) => at(traces, i).verdict !== 'foreign')
  const names = possible.map(({ name }) => name)
  if (!possible.length) return { verdict: 'none', names, traces }
  if (!traces.some(({ verdict }) => verdict === 'belongs')) return { verdict: 'undecided', names, traces }
  if (possible.length === 1) return { verdict: 'one', names, traces }
  if (!siblings) return { verdict: 'tie', names, traces }
  const left = await notRuledOut(image, possible, siblings, options, alpha)
  return { verdict: left.length === 0 ? 'none' : left.length === 1 ? 'one' : 'tie', names: left, traces }
}

/**
 * The names of those whose own images have such residuals: a candidate is ruled out where its residual is higher, beside some other's,
 * than it is for what it made.
 */
async function notRuledOut(
  image: UnitImage | UnitImages,
  possible: readonly Candidate[],
  siblings: AttributionCalibration,
  { saved, extrapolate = false }: AttributeOptions,
  alpha: number,
): Promise<string[]> {
  const batch = asUnit(image.rank === 3 ? expandDims<Tensor4D>(image as Tensor3D, 0) : (image as Tensor4D).clone())
  const found = new Map<string, number>()
  try {
    for (const { name, autoencoder } of possible) {
      const part = cropToGrid(batch, autoencoder.downscale)
      const [residual = Number.NaN] = await residuals(autoencoder, part).finally(() => part.dispose())
      found.set(name, residual)
    }
    const [, height, width] = batch.shape
    const have = siblings.sets.map((set) => `${set.width}x${set.height} ${spellSaved(set.saved)}`).join(', ')
    const what = { wanted: 'residuals of siblings', have }
    const { set } = nearestSet(siblings.sets, saved, [height, width], extrapolate, what)
    const place = (name: string) => siblings.candidates.findIndex((candidate) => candidate.name === name)
    const difference = (a: string, b: string) => (found.get(a) ?? Number.NaN) - (found.get(b) ?? Number.NaN)
    const others = possible.length - 1
    return possible
      .map(({ name }) => name)
      .filter((name) =>
        possible.every(({ name: other }) => {
          if (other === name) return true
          const own = at(set.residuals, place(name)).map((row) => at(row, place(name)) - at(row, place(other)))
          return pValue(difference(name, other), own, 'upper').p > alpha / others
        }),
      )
  } finally {
    batch.dispose()
  }
}

async function checkSiblings(siblings: AttributionCalibration, candidates: readonly Candidate[]): Promise<void> {
  checkObject(siblings, 'siblings', 'what calibrateAttribution gives', ['candidates', 'sets'])
  for (const { name, autoencoder } of candidates) {
    const hash = siblings.candidates.find((candidate) => candidate.name === name)?.hash
    if (hash === (await autoencoderHash(autoencoder))) continue
    throw new StableSigError(
      'bad-calibration',
      `the calibration of siblings has ${hash === undefined ? 'no candidate' : 'another autoencoder'} named ${name}: make it anew by calibrateAttribution`,
    )
  }
}
