import { expandDims, type Tensor3D, type Tensor4D } from '@tensorflow/tfjs-core'
import { stopIfAborted } from '../aborted.ts'
import { checkNumber, checkObject, checkOptions } from '../arguments.ts'
import { at } from '../at.ts'
import { StableSigError } from '../errors.ts'
import type { Autoencoder } from '../models/autoencoders/autoencoder.ts'
import { asUnit, type UnitImage, type UnitImages } from '../signal/images.ts'
import { autoencoderHash } from './autoencoder-hash.ts'
import { type AttributionCalibration, checkCandidates } from './calibrate-attribution.ts'
import { spellSaved, type TracerCalibration } from './calibration.ts'
import { cropToGrid, type GridOffset } from './crop-to-grid.ts'
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

export interface AttributeOptions
  extends Pick<TraceOptions, 'saved' | 'method' | 'second' | 'extrapolate' | 'searchGrid' | 'signal'> {
  /** At least two, of different names. */
  readonly candidates: readonly Candidate[]
  /** Tells siblings apart; without it several that may have made an image are a tie. */
  readonly siblings?: AttributionCalibration | undefined
  /** Greatest rate of images of none of them to which a name is given, and of images whose maker is ruled out, (0,1). Default .01. */
  readonly alpha?: number | undefined
}

export interface Attribution {
  /**
   * 'one': `names` has the maker. 'tie': one of `names`, which cannot be told apart. 'none': none of the candidates. 'undecided': if any of
   * them made it, one of `names` did, but no candidate's calibration alone tells that one did.
   */
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
  const belongs = traces.some(({ verdict }) => verdict === 'belongs')
  const said = (names: readonly string[]): Attribution => ({
    verdict: names.length === 0 ? 'none' : !belongs ? 'undecided' : names.length === 1 ? 'one' : 'tie',
    ...{ names, traces },
  })
  if (possible.length < 2 || !siblings) return said(names)
  const grids = new Map(traces.map(({ name, grid }) => [name, grid]))
  return said(await notRuledOut(image, possible, grids, siblings, options, alpha))
}

/**
 * The names of those whose own images have such residuals: a candidate is ruled out where its residual is higher, beside some other's,
 * than it is for what it made. Both are taken on the grid that the candidate's trace found: if it made the image, its grid lies there.
 */
async function notRuledOut(
  image: UnitImage | UnitImages,
  possible: readonly Candidate[],
  grids: ReadonlyMap<string, GridOffset>,
  siblings: AttributionCalibration,
  { saved, extrapolate = false, signal }: AttributeOptions,
  alpha: number,
): Promise<string[]> {
  const batch = asUnit(image.rank === 3 ? expandDims<Tensor4D>(image as Tensor3D, 0) : (image as Tensor4D).clone())
  try {
    const [, height, width] = batch.shape
    const have = siblings.sets.map((set) => `${set.width}x${set.height} ${spellSaved(set.saved)}`).join(', ')
    const what = { wanted: 'residuals of siblings', have }
    const { set } = nearestSet(siblings.sets, saved, [height, width], extrapolate, what)
    const place = (name: string) => siblings.candidates.findIndex((candidate) => candidate.name === name)
    const rate = alpha / (possible.length - 1)
    const residualOf = residualsOnGrids(batch, signal)
    const left: string[] = []
    for (const candidate of possible) {
      const grid = grids.get(candidate.name) ?? {}
      const column = place(candidate.name)
      const residual = await residualOf(candidate.autoencoder, grid)
      let ruledOut = false
      for (const other of possible) {
        if (other === candidate) continue
        const own = at(set.residuals, column).map((row) => at(row, column) - at(row, place(other.name)))
        const difference = residual - (await residualOf(other.autoencoder, grid))
        ruledOut ||= pValue(difference, own, 'upper').p <= rate
      }
      if (!ruledOut) left.push(candidate.name)
    }
    return left
  } finally {
    batch.dispose()
  }
}

/** Takes residuals of one image on grids, each once. */
function residualsOnGrids(batch: UnitImages, signal: AbortSignal | undefined) {
  const known = new Map<Autoencoder, Map<string, number>>()
  return async (autoencoder: Autoencoder, { top = 0, left = 0 }: GridOffset): Promise<number> => {
    const ofOne = known.get(autoencoder) ?? new Map<string, number>()
    known.set(autoencoder, ofOne)
    const where = `${top},${left}`
    const before = ofOne.get(where)
    if (before !== undefined) return before
    stopIfAborted(signal, 'stopped while siblings were told apart')
    const part = cropToGrid(batch, autoencoder.downscale, { top, left })
    const [residual = Number.NaN] = await residuals(autoencoder, part).finally(() => part.dispose())
    ofOne.set(where, residual)
    return residual
  }
}

async function checkSiblings(siblings: AttributionCalibration, candidates: readonly Candidate[]): Promise<void> {
  checkObject(siblings, 'siblings', 'what calibrateAttribution gives', ['candidates', 'sets'])
  for (const { name, autoencoder } of candidates) {
    const hash = siblings.candidates.find((candidate) => candidate.name === name)?.hash
    if (hash === (await autoencoderHash(autoencoder))) continue
    throw new StableSigError(
      'bad-calibration',
      `the calibration of siblings has ${hash === undefined ? 'no candidate' : 'another autoencoder'} named ${name}: make it anew by calibrateAttribution, or the command calibrate-tracer`,
    )
  }
}
