import { type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { stopIfAborted } from '../../aborted.ts'
import { checkCallback, checkNumber, checkOptions, checkSignal, checkTensor } from '../../arguments.ts'
import { StableSigError } from '../../errors.ts'
import type { Stage } from '../../models/autoencoders/autoencoder.ts'
import { runStages } from '../../models/autoencoders/stages.ts'
import type { Weights } from '../../models/weights.ts'
import { cutOut, emptyField, type Field, fieldOf, fieldsOf, layIn, stack, tensorOf, valuesOf } from './field.ts'
import { type Segment, segmentsOf } from './segments.ts'
import { type Span, spans } from './spans.ts'
import { applyWithStatistics, joinMoments, type NormStatistics, type TileMoments } from './tile-statistics.ts'

/** A tile that is done. */
export interface TileProgress {
  /** The image, from 0, of how many; the last where all were computed at once. */
  readonly image: number
  readonly images: number
  /** The part of the network, from 1, of how many. */
  readonly part: number
  readonly parts: number
  /** The part is gone through once for each group norm in it, as far as that norm, and then for its result; from 1. */
  readonly pass: number
  /** The tile, from 1, of how many. */
  readonly tile: number
  readonly tiles: number
}

export interface TileOptions {
  /**
   * About how many bytes the activations of one run may take: 2 GiB. It decides whether tiles are needed, and how large they
   * are. Attention's scores take 64 MiB more, and an engine may keep the work space of runs before.
   */
  readonly memoryBytes?: number
  /** Stops between two tiles, with an 'aborted' error whose cause is the signal's reason. */
  readonly signal?: AbortSignal | undefined
  readonly onTile?: ((progress: TileProgress) => void) | undefined
}

/** A network as tiles take it: stages, and the weights that they are applied with. */
export interface Network {
  readonly stages: readonly Stage[]
  readonly weights: Weights
}

const MEMORY_BYTES = 2 * 2 ** 30

/** What is the same for all tiles of a call. */
interface Call {
  readonly weights: Weights
  readonly memoryBytes: number
  readonly signal: AbortSignal | undefined
  report(progress: Omit<TileProgress, 'image' | 'images' | 'parts'>): void
}

/**
 * Applies a network to x [N,H,W,C]: at once where that fits the memory budget, else one image after the other, each in as many
 * tiles as the budget asks for. See `decodeTiled` for what is exact.
 */
export async function applyInTiles(network: Network, x: Tensor4D, options: TileOptions): Promise<Tensor4D> {
  checkOptions(options, 'tiles')
  const { memoryBytes = MEMORY_BYTES, signal, onTile } = options
  checkTensor(x, 'the input', 'a tensor [N,H,W,C]')
  checkNumber(memoryBytes, 'memoryBytes', 'a number of bytes', (bytes) => bytes > 0)
  checkSignal(signal)
  checkCallback(onTile, 'onTile')
  const { stages, weights } = network
  const [images, height, width, channels] = x.shape
  const segments = segmentsOf(stages, weights, channels, height, width, memoryBytes)
  const needed = bytesOf(segments, height, width)
  const call: Call = { weights, memoryBytes, signal, report: () => {} }
  if (images * needed <= memoryBytes) {
    stopIfAsked(call)
    const made = runStages(stages, weights, x)
    onTile?.({ image: images - 1, images, part: 1, parts: 1, pass: 1, tile: 1, tiles: 1 })
    return made
  }
  const made: Field[] = []
  // Read once, not sliced: a tile is cut out on the host, and an image computed at once is the same graph as the one before it.
  for (const [image, given] of (await fieldsOf(x)).entries()) {
    const fits = needed <= memoryBytes
    const parts = fits ? 1 : segments.length
    const report: Call['report'] = (progress) => onTile?.({ image, images, parts, ...progress })
    if (fits) {
      stopIfAsked(call)
      made.push(await fieldOf(tidy(() => runStages(stages, weights, tensorOf(given)).clone())))
      report({ part: 1, pass: 1, tile: 1, tiles: 1 })
      continue
    }
    let field = given
    for (const [at, segment] of segments.entries())
      field = await applySegment({ ...call, report }, segment, field, at + 1)
    made.push(field)
  }
  return stack(made)
}

/** About how many bytes a network takes at once. */
function bytesOf(segments: readonly Segment[], height: number, width: number): number {
  let [h, w, most] = [height, width, 0]
  for (const { unitIn, unitOut, unitBytes } of segments) {
    if (h % unitIn || w % unitIn)
      throw new StableSigError('shape', `${height}x${width} positions cannot be halved: pad them to a multiple first`)
    most = Math.max(most, (h / unitIn) * (w / unitIn) * unitBytes)
    ;[h, w] = [(h / unitIn) * unitOut, (w / unitIn) * unitOut]
  }
  return most
}

async function applySegment(call: Call, segment: Segment, field: Field, part: number): Promise<Field> {
  const { unitIn, unitBytes } = segment
  const [height, width] = [field.height / unitIn, field.width / unitIn]
  const needed = height * width * unitBytes
  if (needed > call.memoryBytes && !segment.whole) return tile(call, segment, field, part)
  if (needed > call.memoryBytes)
    throw new StableSigError(
      'limit',
      `stage ${segment.stages[0]?.name} depends on all of its ${height}x${width} positions at once and takes about ` +
        `${mebibytes(needed)}; memoryBytes is ${mebibytes(call.memoryBytes)}`,
    )
  stopIfAsked(call)
  const made = tidy(() => runStages(segment.stages, call.weights, tensorOf(field)))
  const done = await fieldOf(made)
  call.report({ part, pass: 1, tile: 1, tiles: 1 })
  return done
}

/** Tile by tile: once as far as each group norm, for its statistics over the whole image, then for the result. */
async function tile(call: Call, segment: Segment, field: Field, part: number): Promise<Field> {
  const { stages, unitIn, unitOut } = segment
  const [height, width] = [field.height / unitIn, field.width / unitIn]
  const [rows, columns] = grid(segment, height, width, call.memoryBytes)
  const tiles = rows.length * columns.length
  const known: NormStatistics[] = []
  for (let pass = 1; ; pass++) {
    const moments: TileMoments[] = []
    let whole: Field | undefined
    for (const [i, row] of rows.entries())
      for (const [j, column] of columns.entries()) {
        stopIfAsked(call)
        const x = tensorOf(cutOut(field, row, column, unitIn))
        const made = disposing(x, () => applyWithStatistics({ stages, weights: call.weights }, x, row, column, known))
        if (made.output) {
          const done = await fieldOf(made.output)
          whole ??= emptyField(height * unitOut, width * unitOut, done.channels)
          layIn(whole, done, row, column, unitOut)
        } else moments.push({ values: await valuesOf(made.moments), count: made.count })
        call.report({ part, pass, tile: i * columns.length + j + 1, tiles })
      }
    if (whole) return whole
    known.push(joinMoments(moments))
  }
}

/** As few tiles of one size as fit the budget, a core of twice the reach at the least. */
function grid({ unitBytes, reach }: Segment, height: number, width: number, memoryBytes: number): [Span[], Span[]] {
  const units = memoryBytes / unitBytes
  const least = 4 * Math.max(1, reach)
  const longest = (other: number) => Math.max(least, Math.floor(units / Math.min(other, Math.sqrt(units))))
  const cut = (size: number, length: number) => {
    if (length >= size) return spans(size, size, reach)
    // The same number of tiles, none longer than it need be.
    const count = Math.ceil(size / (length - 2 * reach))
    return spans(size, Math.min(size, Math.ceil(size / count) + 2 * reach), reach)
  }
  return [cut(height, longest(width)), cut(width, longest(height))]
}

function disposing<T>(x: Tensor4D, use: () => T): T {
  try {
    return use()
  } finally {
    x.dispose()
  }
}

function stopIfAsked({ signal }: Call): void {
  stopIfAborted(signal, 'stopped between two tiles of an image')
}

const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`
