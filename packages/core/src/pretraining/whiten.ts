import { badArgument, checkNumber, checkObject, checkOneOf, checkOptions } from '../arguments.ts'
import { at } from '../at.ts'
import { StableSigError } from '../errors.ts'
import { symmetricEigen } from '../ops/eigen.ts'

export interface WhitenOptions {
  /**
   * 'mean' divides the scatter by the number of images, so that the scale of the logits does not depend on it; 'sum' is the
   * published form, which does not. Default 'mean'.
   */
  readonly scatter?: 'mean' | 'sum'
  /**
   * 'principal': outputs are the scatter's principal axes, as published, and bits have nothing to do with the features'. 'nearest':
   * each output stays as near its own feature as white outputs can, so that a bit remains what it was trained as. Default 'principal'.
   */
  readonly axes?: 'principal' | 'nearest'
  /** Deviation of each whitened output under 'mean'. Default √bits, the published factor. */
  readonly gain?: number
  /** Eigenvalues are raised to at least this share of the largest. Default 1e-6; 0 leaves them as they are. */
  readonly floor?: number
}

/** z = W y + b brings features y of plain images to mean 0, uncorrelated and of equal variance. */
export interface Whitening {
  readonly bits: number
  /** Row-major [bits,bits], to be multiplied from the left: PyTorch's order of a linear layer. */
  readonly weight: Float64Array
  /** [bits] */
  readonly bias: Float64Array
  /** Mean of the features, [bits]. */
  readonly mean: Float64Array
  /** Of the scatter, ascending, after the floor. */
  readonly eigenvalues: Float64Array
}

/**
 * The whitening layer of an extractor from what it gives on plain images: with the scatter S = V diag(e) V^T of the features
 * about their mean m,  W = gain · diag(e^-1/2) V^T, or gain · V diag(e^-1/2) V^T for the nearest axes, and  b = -W m. A principal
 * row's sign is free: here its entry of largest magnitude is positive. Computed in double precision.
 * @param features row-major [images, bits]
 * @throws StableSigError 'bad-argument' where there are fewer than two images; 'not-finite' naming an image whose features are not, or where
 *   the scatter has no variance left in some direction and no floor is set
 */
export function whiten(features: ArrayLike<number>, bits: number, options: WhitenOptions = {}): Whitening {
  checkObject(features, 'features', 'an array of numbers, images x bits', ['length'])
  checkNumber(bits, 'bits', 'a whole number from 1', (value) => Number.isInteger(value) && value >= 1)
  checkOptions(options, 'whiten')
  const { scatter = 'mean', axes = 'principal', gain = Math.sqrt(bits), floor = 1e-6 } = options
  checkOneOf(axes, 'axes', ['principal', 'nearest'])
  checkOneOf(scatter, 'scatter', ['mean', 'sum'])
  checkNumber(gain, 'gain', 'a number above 0', (value) => value > 0 && Number.isFinite(value))
  checkNumber(floor, 'floor', 'a share from 0 to 1', (value) => value >= 0 && value <= 1)
  const images = features.length / bits
  if (!Number.isInteger(images) || images < 2)
    throw new StableSigError(
      'bad-argument',
      `${features.length} features are not those of two or more images of ${bits} bits`,
    )
  const lost = Array.prototype.findIndex.call(features, (value) => !Number.isFinite(value))
  if (lost >= 0 && typeof features[lost] !== 'number')
    throw badArgument(`features[${lost}]`, 'a number: one row after the other in one array', features[lost])
  if (lost >= 0)
    throw new StableSigError(
      'not-finite',
      `feature ${lost % bits} of image ${Math.floor(lost / bits)} (from 0) is ${features[lost]}: leave that image out`,
    )
  const y = (row: number, column: number) => at(features, row * bits + column)

  const mean = new Float64Array(bits)
  for (let j = 0; j < bits; j++) {
    let sum = 0
    for (let i = 0; i < images; i++) sum += y(i, j)
    mean[j] = sum / images
  }
  const covered = new Float64Array(bits * bits)
  for (let j = 0; j < bits; j++)
    for (let k = j; k < bits; k++) {
      let sum = 0
      for (let i = 0; i < images; i++) sum += (y(i, j) - at(mean, j)) * (y(i, k) - at(mean, k))
      const value = scatter === 'mean' ? sum / images : sum
      covered[j * bits + k] = value
      covered[k * bits + j] = value
    }

  const { values, vectors } = symmetricEigen(covered, bits)
  const least = floor * at(values, values.length - 1)
  const eigenvalues = values.map((value) => Math.max(value, least))
  if (!(Math.min(...eigenvalues) > 0))
    throw new StableSigError(
      'not-finite',
      `features of ${images} images do not vary in every one of ${bits} directions, so their whitening has infinite weights: ` +
        'give more images than bits, or a floor above 0',
    )
  const principal = vectors.map((vector, r) => {
    const peak = vector.reduce((most, entry) => (Math.abs(entry) > Math.abs(most) ? entry : most), 0)
    const scale = (Math.sign(peak) * gain) / Math.sqrt(at(eigenvalues, r))
    return vector.map((entry) => entry * scale)
  })
  const rows = axes === 'principal' ? principal : rotatedBack(principal, vectors)
  const weight = new Float64Array(bits * bits)
  const bias = new Float64Array(bits)
  for (const [r, row] of rows.entries()) {
    weight.set(row, r * bits)
    bias[r] = -row.reduce((sum, entry, j) => sum + entry * at(mean, j), 0)
  }
  return { bits, weight, bias, mean, eigenvalues }
}

/** V diag(e^-1/2) V^T from the rows of diag(e^-1/2) V^T, whose signs cancel against those of V. */
function rotatedBack(principal: readonly Float64Array[], vectors: readonly Float64Array[]): Float64Array[] {
  return vectors.map((_, i) => {
    const row = new Float64Array(vectors.length)
    for (const [r, vector] of vectors.entries()) {
      const axis = principal[r] ?? vector
      const sign = axis.reduce((sum, entry, j) => sum + entry * at(vector, j), 0) < 0 ? -1 : 1
      for (let j = 0; j < row.length; j++) row[j]! += sign * at(vector, i) * at(axis, j)
    }
    return row
  })
}
