import {
  clone,
  concat,
  expandDims,
  slice,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
  tidy,
} from '@tensorflow/tfjs-core'
import { stopIfAborted } from '../aborted.ts'
import { checkNumber, checkOptions, checkSignal, checkTensor } from '../arguments.ts'
import { StableSigError } from '../errors.ts'
import { extractLogits } from '../inference/graphs.ts'
import { checkExtractor } from '../models/check-models.ts'
import type { Extractor } from '../models/extractor.ts'
import { asUnit, type UnitImage, type UnitImages } from '../signal/images.ts'
import { EXTENT, extent, refuse, refuseSize } from './decidable.ts'
import { failed, type Outcome, succeeded } from './outcome.ts'
import { bytesPerPixel, tiledLogits } from './read-tiles.ts'

/**
 * RGB images with values in [0, 1]: a batch [N,H,W,3], or a list of [H,W,3] of any sizes. What a decoder overshoots is read
 * as it is; clamp it first where the saved picture is meant.
 */
export type ImageBatch = UnitImages | readonly UnitImage[]

export interface ReaderOptions {
  readonly extractor: Extractor
  /**
   * About how many bytes the activations of what is read at once may take: 512 MiB. It decides how many images are read
   * together, and above which size an image is read in tiles, with the same result.
   */
  readonly memoryBytes?: number | undefined
}

export interface ReadingOptions extends ReaderOptions {
  /** Stops between two groups of images or tiles, with an 'aborted' error whose cause is the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

const MEMORY_BYTES = 512 * 2 ** 20

/** Images of one size that are read together. */
export interface Group {
  readonly count: number
  readonly height: number
  readonly width: number
  /** [N,H,W,3], made when its turn comes. */
  make(): Tensor4D
}

/**
 * Logits of each image, [bits] each, or why it has none: too small, one plain colour, not finite, or of another range. Any
 * number of images; what is alive at a time is one group's.
 * @throws StableSigError 'shape' or 'bad-argument' where what is given are no RGB float images, before anything is read
 */
export async function readLogits(images: ImageBatch, options: ReadingOptions): Promise<Outcome<Float32Array>[]> {
  checkOptions(options, 'readLogits')
  const { extractor, memoryBytes = MEMORY_BYTES, signal } = options
  checkReading(options)
  checkSignal(signal)
  const outcomes: Outcome<Float32Array>[] = []
  const atOnce = (height: number, width: number) => memoryBytes / (bytesPerPixel(extractor) * height * width)
  for (const group of groups(images, (height, width) => Math.max(1, Math.floor(atOnce(height, width))))) {
    stopIfAborted(signal, `Stopped after ${outcomes.length} images`)
    const tooSmall = refuseSize(group.height, group.width)
    if (tooSmall) {
      outcomes.push(...Array.from({ length: group.count }, () => failed<Float32Array>(tooSmall)))
      continue
    }
    const batch = tidy(() => group.make())
    try {
      const whole = atOnce(group.height, group.width) >= 1
      outcomes.push(
        ...(whole ? await readWhole(extractor, batch) : [await readTiled(extractor, batch, memoryBytes, signal)]),
      )
    } finally {
      batch.dispose()
    }
  }
  return outcomes
}

/** @throws StableSigError 'bad-argument', 'disposed' for what reads images */
export function checkReading({ extractor, memoryBytes = MEMORY_BYTES }: ReaderOptions): void {
  checkExtractor(extractor)
  checkNumber(memoryBytes, 'memoryBytes', 'a number of bytes', (bytes) => bytes > 0)
}

/** One graph says of each image whether it can be decided on, and what its logits are. */
async function readWhole(extractor: Extractor, batch: Tensor4D): Promise<Outcome<Float32Array>[]> {
  const rows = await rowsOf(tidy(() => concat([extent(batch), extractLogits(extractor, asUnit(batch))], 1)))
  return rows.map((row) => {
    const refusal = refuse(row.subarray(0, EXTENT))
    return refusal === null ? succeeded(row.slice(EXTENT)) : failed(refusal)
  })
}

/** A large image [1,H,W,3] is looked at before its tiles are read. */
async function readTiled(
  extractor: Extractor,
  image: Tensor4D,
  memoryBytes: number,
  signal: AbortSignal | undefined,
): Promise<Outcome<Float32Array>> {
  const [row] = await rowsOf(extent(image))
  const refusal = refuse(row!)
  return refusal === null ? succeeded(await tiledLogits(extractor, image, memoryBytes, signal)) : failed(refusal)
}

/** Reads a table row by row and disposes it. */
async function rowsOf(table: Tensor2D): Promise<Float32Array[]> {
  try {
    const [rows, columns] = table.shape
    const values = await table.data<'float32'>()
    return Array.from({ length: rows }, (_, i) => values.slice(i * columns, (i + 1) * columns))
  } finally {
    table.dispose()
  }
}

/**
 * Images in their order, neighbours of one size together.
 * @param most how many images of a size at once
 * @throws StableSigError 'shape' or 'bad-argument' where what is given are no RGB float images, before the first group
 */
export function* groups(images: ImageBatch, most: (height: number, width: number) => number): Generator<Group> {
  if (!isList(images)) {
    checkImages(images, 4)
    const [n, height, width] = images.shape
    const step = most(height, width)
    for (let from = 0; from < n; from += step) {
      const count = Math.min(step, n - from)
      // All of them are the tensor itself: a slice would be computed, and kept, as a copy.
      const make = () => (count === n ? clone(images) : slice(images, [from, 0, 0, 0], [count, -1, -1, -1]))
      yield { count, height, width, make }
    }
    return
  }
  for (const [i, image] of images.entries()) checkImages(image, 3, `image ${i + 1} of ${images.length}`)
  for (let from = 0; from < images.length; ) {
    const [height, width] = images[from]!.shape
    const limit = from + most(height, width)
    let to = from + 1
    while (to < images.length && to < limit && images[to]!.shape[0] === height && images[to]!.shape[1] === width) to++
    const run = images.slice(from, to)
    const make = (): Tensor4D => {
      const rows = run.map((image) => expandDims<Tensor4D>(image, 0))
      return concat(rows, 0)
    }
    yield { count: run.length, height, width, make }
    from = to
  }
}

const isList = (images: ImageBatch): images is readonly UnitImage[] => Array.isArray(images)

/** Whether it is an image by itself and no batch or list. */
export const isOneImage = (images: UnitImage | ImageBatch): images is UnitImage =>
  typeof images === 'object' && images !== null && 'rank' in images && images.rank === 3

function checkImages(images: Tensor, rank: 3 | 4, name = 'images'): void {
  const expected = rank === 4 ? '[N,H,W,3]' : '[H,W,3]'
  checkTensor(images, name, `a tensor ${expected}`)
  if (images.rank !== rank || images.shape[rank - 1] !== 3) {
    throw new StableSigError('shape', `Expected RGB images ${expected}, found [${images.shape}]`)
  }
  if (images.dtype !== 'float32') {
    throw new StableSigError('bad-argument', `Expected float32 images with values in [0, 1], found ${images.dtype}`)
  }
}
