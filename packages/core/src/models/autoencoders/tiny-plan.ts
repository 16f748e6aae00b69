import type { ExpectedShape, StateTensor } from '@stablesig/weights'
import { StableSigError } from '../../errors.ts'
import type { Part } from './autoencoder.ts'

/** One layer that has weights; `name` is its number in TAESD's sequence. */
export type TinyLayer =
  | {
      readonly kind: 'conv'
      readonly name: string
      /** Changes the resolution: stride 2 in an encoder, after an upsampling in a decoder. */
      readonly resize: boolean
      /** A ReLU without weights follows. */
      readonly rectified: boolean
    }
  | { readonly kind: 'block'; readonly name: string; readonly pooled: boolean }

export interface TinyPlan {
  readonly part: Part
  readonly layers: readonly TinyLayer[]
  readonly latentChannels: number
  readonly downscale: number
  /** Channels by resolution, the finest first. */
  readonly widths: readonly number[]
  /** Every tensor's shape, in PyTorch's order. */
  readonly shapes: Readonly<Record<string, ExpectedShape>>
}

/** Layers of a sequence at most: the 32x variant has 31. */
const MAX_LAYERS = 256

/**
 * The architecture of a tiny autoencoder's half from what its file holds. Numbers are places in a sequence: N.weight is a
 * convolution, N.conv.* a block, N.pool.* its pooled branch. Layers without weights leave gaps: a ReLU after the first
 * convolution of a decoder (whose place 0 is a clamp) and after the strided ones that the 32x encoder begins with, an Upsample
 * before a decoder's convolutions without bias. A convolution without bias changes the resolution, and so does an encoder's
 * that a ReLU follows.
 * @param tensors by the half's own names
 * @throws StableSigError 'bad-weights' when this is not such a sequence
 */
export function planTiny(source: string, tensors: ReadonlyMap<string, StateTensor>, part: Part): TinyPlan {
  const refuse = (why: string) =>
    new StableSigError(
      'bad-weights',
      `${source}: not the ${part} of a tiny autoencoder (${why}); its layers are numbered as TAESD's or diffusers' are`,
    )
  const size = (name: string, axis: number): number => {
    const found = tensors.get(name)?.shape[axis]
    if (found === undefined || found < 1) throw refuse(`tensor ${name} is missing or has no size at axis ${axis}`)
    return found
  }
  const numbers = [...new Set([...tensors.keys()].map((name) => Number(name.split('.', 1)[0])))].sort((a, b) => a - b)
  const pooled = new Set([...tensors.keys()].flatMap((name) => /^(\d+)\.pool\./.exec(name)?.[1] ?? []))
  const first = part === 'encoder' ? 0 : 1
  if (numbers[0] !== first) throw refuse(`the first layer is ${numbers[0]}, expected ${first}`)
  if (numbers.length > MAX_LAYERS) throw refuse(`it has ${numbers.length} layers, at most ${MAX_LAYERS} are read`)

  const layers: TinyLayer[] = []
  const shapes: Record<string, ExpectedShape> = {}
  const byResolution: number[] = []
  let channels = part === 'encoder' ? 3 : size(`${first}.weight`, 1)
  let downscale = 1
  for (const [place, number] of numbers.entries()) {
    const name = `${number}`
    const last = place === numbers.length - 1
    const isConv = tensors.has(`${name}.weight`)
    const bias = tensors.has(`${name}.bias`)
    const before = place > 0 ? number - numbers[place - 1]! - 1 : 0
    const after = last ? 0 : numbers[place + 1]! - number - 1
    const rectified = isConv && bias && after === 1 && (part === 'encoder' || place === 0)
    const resize = isConv && (!bias || (part === 'encoder' && rectified))
    const previous = layers.at(-1)
    const allowed = previous?.kind === 'conv' && previous.rectified ? 1 : part === 'decoder' && resize ? 1 : 0
    if (before !== allowed) throw refuse(`layer ${number} follows layer ${numbers[place - 1]}`)
    if (!isConv) {
      const pool = pooled.has(name)
      Object.assign(shapes, blockShapes(name, channels, pool))
      layers.push({ kind: 'block', name, pooled: pool })
      continue
    }
    if (resize) {
      downscale *= 2
      if (place > 0) byResolution.push(channels)
    }
    const out = last && part === 'decoder' ? 3 : size(`${name}.weight`, 0)
    shapes[`${name}.weight`] = [out, channels, 3, 3]
    if (bias) shapes[`${name}.bias`] = [out]
    layers.push({ kind: 'conv', name, resize, rectified })
    if (last) byResolution.push(channels)
    channels = out
  }
  const end = layers.at(-1)
  if (layers.length < 3 || end?.kind !== 'conv' || end.resize) throw refuse('it does not end with a convolution')
  return {
    part,
    layers,
    latentChannels: part === 'encoder' ? channels : size(`${first}.weight`, 1),
    downscale,
    widths: part === 'encoder' ? byResolution : byResolution.reverse(),
    shapes,
  }
}

function blockShapes(name: string, c: number, pooled: boolean): Record<string, ExpectedShape> {
  const shapes: Record<string, ExpectedShape> = {}
  for (const i of [0, 2, 4]) {
    shapes[`${name}.conv.${i}.weight`] = [c, c, 3, 3]
    shapes[`${name}.conv.${i}.bias`] = [c]
  }
  if (!pooled) return shapes
  return {
    ...shapes,
    [`${name}.pool.0.weight`]: [4 * c, c, 1, 1],
    [`${name}.pool.1.weight`]: [4 * c],
    [`${name}.pool.1.bias`]: [4 * c],
    [`${name}.pool.3.weight`]: [c, 4 * c, 1, 1],
  }
}
