import { readFloat32, type StateDict, toFloat32 } from '@stablesig/weights'
import { reshape, type Tensor4D, tensor, tidy, transpose } from '@tensorflow/tfjs-core'
import { StableSigError } from '../../errors.ts'
import { requireEngine } from '../../ops/engine.ts'

/** Latents as pipelines hand them out, in PyTorch's order. See `latentTensor` for the shapes. */
export interface LatentArray {
  /** Row-major; a Uint16Array holds the bits of half-precision numbers. */
  readonly values: Float32Array | Uint16Array
  readonly shape: readonly number[]
  /**
   * true for those of the autoencoder itself, as ComfyUI keeps them; in FLUX.2, whose autoencoder normalises for it, the packed form.
   * Otherwise whoever decodes them says it.
   */
  readonly unscaled?: boolean
}

/** Where the shape of latents does not tell it. */
export interface LatentShape {
  /** Of the image that a sequence of packed latents makes, in pixels. Default: it is square. */
  readonly height?: number
  readonly width?: number
}

/** What of an autoencoder says how its latents look. */
interface Form {
  readonly latentChannels: number
  readonly downscale: number
}

/**
 * Latents of any pipeline as a tensor. With C an autoencoder's latent channels, an array is
 *   [N,C,h,w] or [C,h,w]      as most pipelines give them                             -> [N,h,w,C]
 *   [N,4C,h/2,w/2]            packed two by two, FLUX.2's                             -> [N,h/2,w/2,4C]
 *   [N,h·w/4,4C]              a sequence of such, FLUX.1's and FLUX.2's               -> [N,h/2,w/2,4C]
 * [C,h,4C] could be either of two, and is one latent of that width unless the image's height or width is given.
 * @throws StableSigError 'shape' for any other, or a sequence that is not the image's length
 */
export function latentTensor(latents: LatentArray, form: Form, shape: LatentShape = {}): Tensor4D {
  requireEngine()
  const { latentChannels: c, downscale } = form
  const { shape: found } = latents
  const values = latents.values instanceof Uint16Array ? toFloat32(bytesOf(latents.values), 'float16') : latents.values
  const count = found.reduce((product, size) => product * size, 1)
  if (count !== values.length || !found.every((size) => Number.isInteger(size) && size > 0))
    throw new StableSigError('shape', `latents of shape [${found}] are given as ${values.length} values`)
  const [first = 0, second = 0, third = 0] = found
  const channelsLast = (n: number, channels: number, h: number, w: number): Tensor4D =>
    tidy(() => transpose(tensor(values, [n, channels, h, w], 'float32'), [0, 2, 3, 1]))
  if (found.length === 4 && (second === c || second === 4 * c)) return channelsLast(first, second, third, found[3]!)
  if (isSequence(found, c, shape)) {
    const [h, w] = sidesOf(second, 2 * downscale, shape)
    return tidy(() => reshape(tensor(values, [first, second, third], 'float32'), [first, h, w, third]))
  }
  if (found.length === 3 && first === c) return channelsLast(1, first, second, third)
  throw new StableSigError(
    'shape',
    `latents have shape [${found}]; an autoencoder of ${c} channels takes [N,${c},h,w], [${c},h,w], or packed ` +
      `[N,${4 * c},h/2,w/2] or [N,h·w/4,${4 * c}]`,
  )
}

/** Whether an array is a batch of packed sequences. A latent of its own may be as wide as a sequence has channels. */
const isSequence = (found: readonly number[], c: number, { height, width }: LatentShape): boolean =>
  found.length === 3 && found[2] === 4 * c && (found[0] !== c || height !== undefined || width !== undefined)

/**
 * A batch's latents one by one, for whoever decodes one image after the other: [N,…] -> N times [1,…]; [C,h,w] as it is.
 * Nothing is copied.
 */
export function eachLatent(latents: LatentArray, { latentChannels }: Form, shape: LatentShape = {}): LatentArray[] {
  const { values, shape: found, ...more } = latents
  const [count = 0, ...rest] = found
  // An empty batch is left to whoever decodes it, who refuses it.
  if (count < 1 || (found.length !== 4 && !isSequence(found, latentChannels, shape))) return [latents]
  const each = values.length / count
  return Array.from({ length: count }, (_, i) => ({
    ...more,
    values: values.subarray(i * each, (i + 1) * each),
    shape: [1, ...rest],
  }))
}

/** Positions of a packed sequence along both sides. */
function sidesOf(length: number, pixels: number, { height, width }: LatentShape): [number, number] {
  const side = Math.sqrt(length)
  const h = height === undefined ? (width === undefined ? side : (length * pixels) / width) : height / pixels
  const w = width === undefined ? length / h : width / pixels
  if (Number.isInteger(h) && Number.isInteger(w) && h * w === length) return [h, w]
  const asked = height === undefined && width === undefined ? 'a square' : `${height ?? '?'}x${width ?? '?'} pixels`
  throw new StableSigError(
    'shape',
    `a sequence of ${length} packed latents is not ${asked}, of ${pixels}x${pixels} pixels each: pass the image's height and width`,
  )
}

/** Latents [N,h,w,C] as an array [N,C,h,w]; the tensor is left as it is. */
export async function latentArray(latents: Tensor4D): Promise<LatentArray & { readonly values: Float32Array }> {
  const turned = tidy(() => transpose(latents, [0, 3, 1, 2]))
  try {
    return { values: await turned.data<'float32'>(), shape: turned.shape }
  } finally {
    turned.dispose()
  }
}

/** The name under which ComfyUI saves latents, and an empty tensor beside them from the version on that saves them unscaled. */
const COMFY_LATENTS = 'latent_tensor'
const COMFY_UNSCALED = 'latent_format_version_0'

/** What ComfyUI's first files are scaled by, whatever the generator. */
const COMFY_SCALE = 0.18215

/**
 * The latents in a file that holds nothing else of three or four axes, or of the given name: .npy, .npz and .safetensors as
 * pipelines' users save them, PyTorch's, and ComfyUI's .latent. ComfyUI's are given unscaled: as stored where the file says that
 * they are (`latent_format_version_0`), and divided by 0.18215 where it does not.
 * @throws StableSigError 'bad-weights' where there is none, or more than one and no name
 */
export async function readLatents(
  state: StateDict,
  name?: string,
): Promise<LatentArray & { readonly values: Float32Array }> {
  const fitting = [...state.tensors].filter(
    ([key, { shape }]) => (name === undefined || key === name) && (shape.length === 3 || shape.length === 4),
  )
  const [only, another] = fitting
  if (!only || another) {
    const names = [...(only ? fitting : state.tensors)].map(([key, { shape }]) => `${key && `${key} `}[${shape}]`)
    const what = only ? 'several arrays that may be latents, name one' : 'no latents: an array of three or four axes'
    const among = `${names.slice(0, 6).join(', ')}${names.length > 6 ? ', …' : ''}`
    throw new StableSigError(
      'bad-weights',
      `${state.source} holds ${what}${name === undefined ? '' : ` named ${name}`} (${among || 'it is empty'})`,
    )
  }
  const [key, stored] = only
  const values = await readFloat32(stored)
  const { shape } = stored
  if (key !== COMFY_LATENTS) return { values, shape }
  const plain = state.tensors.has(COMFY_UNSCALED) ? values : values.map((value) => value / COMFY_SCALE)
  return { values: plain, shape, unscaled: true }
}

const bytesOf = (halves: Uint16Array): Uint8Array => {
  // Typed arrays hold the machine's order of bytes; files, and what reads them, hold little-endian.
  const bytes = new Uint8Array(halves.byteLength)
  const view = new DataView(bytes.buffer)
  for (const [i, half] of halves.entries()) view.setUint16(2 * i, half, true)
  return bytes
}
