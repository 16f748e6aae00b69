import type { StateTensor } from '@stablesig/weights'
import { StableSigError } from '../../errors.ts'
import type { Part } from './autoencoder.ts'
import type { KlShape } from './kl-plan.ts'

/** Levels of a network, and blocks of a level, at most: published ones have 6 and 3. */
const MOST = 16

/**
 * The architecture of one half from the tensors that are there, all but its groups, which no tensor tells. One that is missing is
 * no reason to see another architecture: whatever tensor of a level is found tells its width.
 * @param tensors by the half's own names
 * @throws StableSigError 'bad-weights' naming the tensor that would have told
 */
export function inferKl(
  source: string,
  tensors: ReadonlyMap<string, StateTensor>,
  part: Part,
  family: 'kl' | 'vq',
): KlShape {
  const refuse = (why: string) =>
    new StableSigError('bad-weights', `${source}: the ${part}'s architecture cannot be read from its tensors: ${why}`)
  const names = [...tensors.keys()]
  const direction = part === 'encoder' ? 'down' : 'up'
  const size = (axis: number, ...candidates: string[]): number => {
    for (const name of candidates) {
      const found = tensors.get(name)?.shape[axis]
      if (found) return found
    }
    throw refuse(`${candidates[0]} is missing or has no size at axis ${axis}`)
  }
  const greatest = (pattern: RegExp): number => {
    const most = names.reduce((most, name) => Math.max(most, Number(pattern.exec(name)?.[1] ?? -1)), -1)
    if (most >= MOST) throw refuse(`it counts to ${most} where at most ${MOST - 1} is read`)
    return most
  }
  const levels = 1 + greatest(new RegExp(`^${direction}\\.(\\d+)\\.`))
  const blocks = 1 + greatest(new RegExp(`^${direction}\\.\\d+\\.block\\.(\\d+)\\.`))
  if (levels === 0 || blocks === 0) throw refuse(`no tensor of ${direction}.0.block.0 is there`)
  const perLevel = part === 'encoder' ? blocks : blocks - 1
  if (perLevel === 0) throw refuse('a level of a decoder has one block more than an encoder’s, two at the least')
  const widthOf = (level: number) =>
    size(
      0,
      ...Array.from({ length: blocks }, (_, i) => `${direction}.${level}.block.${i}`).flatMap((block) => [
        `${block}.conv2.weight`,
        `${block}.norm2.weight`,
        `${block}.conv1.weight`,
        `${block}.conv2.bias`,
      ]),
    )
  const under = (prefix: string) => names.some((name) => name.startsWith(prefix))
  const numbers = Array.from({ length: levels }, (_, level) => level)
  const widths = numbers.map(widthOf)
  const moments = part === 'encoder' && family === 'kl' ? 2 : 1
  const half = (channels: number) => {
    if (channels % moments) throw refuse(`its moments have ${channels} channels, not as many variances as means`)
    return channels / moments
  }
  const quant = part === 'encoder' ? 'quant_conv' : 'post_quant_conv'
  const quantConv = under(`${quant}.`)
  const zChannels = part === 'encoder' ? half(size(0, 'conv_out.weight', 'conv_out.bias')) : size(1, 'conv_in.weight')
  const latentChannels = !quantConv
    ? zChannels
    : part === 'encoder'
      ? half(size(0, 'quant_conv.weight', 'quant_conv.bias'))
      : size(1, 'post_quant_conv.weight')
  return {
    family,
    widths,
    base: part === 'encoder' ? size(0, 'conv_in.weight', 'conv_in.bias') : widths[0]!,
    blocks: perLevel,
    attention: numbers.map((level) => under(`${direction}.${level}.attn.`)),
    midAttention: under('mid.attn_1.'),
    zChannels,
    latentChannels,
    quantConv,
  }
}
