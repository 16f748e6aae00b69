import { StableSigError } from '../../errors.ts'
import type { ExpectedShape } from '../../weights/names.ts'
import type { StateDict } from '../../weights/state-dict.ts'
import { type Survey, sizeOf } from '../survey.ts'

/** One layer that has weights; `name` is its number in TAESD's sequence. */
export type TinyLayer =
  | { readonly kind: 'conv'; readonly name: string; readonly resize: boolean }
  | { readonly kind: 'block'; readonly name: string; readonly pooled: boolean }

export interface TinyPlan {
  readonly layers: readonly TinyLayer[]
  readonly latentChannels: number
  readonly downscale: number
  /** Every tensor's shape, in PyTorch's order. */
  readonly shapes: Readonly<Record<string, ExpectedShape>>
}

export type TinyPart = 'encoder' | 'decoder'

/**
 * The architecture of a tiny autoencoder's half from what its file holds. Numbers are places in a sequence: N.weight is a
 * convolution, N.conv.* a block, N.pool.* its pooled branch; a convolution without bias changes the resolution, and in a
 * decoder an Upsample without weights takes the number before it. The decoder's first layers are a clamp (0), a convolution
 * (1) and a ReLU (2).
 * @throws StableSigError 'bad-weights' when this is not such a sequence
 */
export function planTiny(state: StateDict, found: Survey, part: TinyPart): TinyPlan {
  const numbers = [...new Set([...found.tensors.keys()].map((name) => Number(name.split('.', 1)[0])))].sort(
    (a, b) => a - b,
  )
  const refuse = (why: string) =>
    new StableSigError(
      'bad-weights',
      `${state.source}: not the ${part} of a tiny autoencoder (${why}); its layers are numbered as TAESD's or diffusers' are`,
    )
  const first = part === 'encoder' ? 0 : 1
  if (numbers[0] !== first) throw refuse(`the first layer is ${numbers[0]}, expected ${first}`)

  const layers: TinyLayer[] = []
  const shapes: Record<string, ExpectedShape> = {}
  let channels = part === 'encoder' ? 3 : sizeOf(state, found, `${first}.weight`, 1)
  let downscale = 1
  for (const [place, number] of numbers.entries()) {
    const name = `${number}`
    const has = (suffix: string) => found.tensors.has(`${name}.${suffix}`)
    const resize = has('weight') && !has('bias')
    const skipped = number - (numbers[place - 1] ?? number - 1) - 1
    const allowed = part === 'decoder' && (resize || place === 1) ? 1 : 0
    if (skipped !== allowed) throw refuse(`layer ${number} follows layer ${numbers[place - 1]}`)
    if (has('weight')) {
      const out = sizeOf(state, found, `${name}.weight`, 0)
      shapes[`${name}.weight`] = [out, channels, 3, 3]
      if (!resize) shapes[`${name}.bias`] = [out]
      if (resize) downscale *= 2
      layers.push({ kind: 'conv', name, resize })
      channels = out
    } else {
      const pooled = [...found.tensors.keys()].some((key) => key.startsWith(`${name}.pool.`))
      Object.assign(shapes, blockShapes(name, channels, pooled))
      layers.push({ kind: 'block', name, pooled })
    }
  }
  if (layers.length < 3 || layers.at(-1)?.kind !== 'conv') throw refuse('it does not end with a convolution')
  const latentChannels = part === 'encoder' ? channels : sizeOf(state, found, `${first}.weight`, 1)
  const last = `${numbers.at(-1)}`
  if (part === 'decoder')
    Object.assign(shapes, {
      [`${last}.weight`]: [3, sizeOf(state, found, `${last}.weight`, 1), 3, 3],
      [`${last}.bias`]: [3],
    })
  return { layers, latentChannels, downscale, shapes }
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
