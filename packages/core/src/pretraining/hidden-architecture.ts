import { type Tensor, tensor } from '@tensorflow/tfjs-core'
import seedrandom from 'seedrandom'

/** HiDDeN's pair: every convolution at the image's own resolution. */
export interface HiddenArchitecture {
  readonly bits: number
  /** Outputs that are summed to a logit. The paper's: 1. */
  readonly redundancy: number
  /** Channels of every block. The paper's: 64. */
  readonly channels: number
  /** Blocks of the watermark encoder before the message joins. The paper's: 4. */
  readonly encoderBlocks: number
  /** Blocks of the extractor before its last, which has a channel for each output. The paper's: 7. */
  readonly extractorBlocks: number
}

export const hiddenArchitecture = (bits: number): HiddenArchitecture => ({
  ...{ bits, redundancy: 1, channels: 64, encoderBlocks: 4, extractorBlocks: 7 },
})

/** A convolution 3x3 with its norm, by its full name. */
interface Block {
  readonly name: string
  readonly inputs: number
  readonly outputs: number
}

function blocksOf({ bits, redundancy, channels, encoderBlocks, extractorBlocks }: HiddenArchitecture): Block[] {
  const outputs = bits * redundancy
  const run = (name: string, count: number): Block[] =>
    Array.from({ length: count }, (_, i) => ({ name: `${name}.${i}`, inputs: i ? channels : 3, outputs: channels }))
  return [
    ...run('encoder.conv_bns', encoderBlocks),
    { name: 'encoder.after_concat_layer', inputs: channels + 3 + bits, outputs: channels },
    ...run('decoder.layers', extractorBlocks),
    { name: `decoder.layers.${extractorBlocks}`, inputs: channels, outputs },
  ]
}

/**
 * Weights to begin with, 'encoder.…' and 'decoder.…', which is the extractor, by PyTorch's names in tfjs' layout: uniform within
 * ±1/√fan-in, as PyTorch begins with convolutions and linear layers; norms at the identity.
 */
export function initialHidden(architecture: HiddenArchitecture, seed: number): Record<string, Tensor> {
  const { bits, redundancy, channels } = architecture
  const outputs = bits * redundancy
  const made: Record<string, Tensor> = {}
  const uniform = (name: string, shape: number[], fanIn: number) => {
    const random = seedrandom(`${seed}/${name}`)
    const length = shape.reduce((a, b) => a * b, 1)
    made[name] = tensor(
      Float32Array.from({ length }, () => (2 * random() - 1) / Math.sqrt(fanIn)),
      shape,
      'float32',
    )
  }
  const constant = (name: string, length: number, value: number) => {
    made[name] = tensor(new Float32Array(length).fill(value), [length], 'float32')
  }
  for (const { name, inputs, outputs } of blocksOf(architecture)) {
    uniform(`${name}.layers.0.weight`, [3, 3, inputs, outputs], 9 * inputs)
    uniform(`${name}.layers.0.bias`, [outputs], 9 * inputs)
    constant(`${name}.layers.1.weight`, outputs, 1)
    constant(`${name}.layers.1.bias`, outputs, 0)
  }
  uniform('encoder.final_layer.weight', [1, 1, channels, 3], channels)
  uniform('encoder.final_layer.bias', [3], channels)
  // A linear layer's weight is [out,in] here as in PyTorch: see hiddenLogits.
  uniform('decoder.linear.weight', [outputs, outputs], outputs)
  uniform('decoder.linear.bias', [outputs], outputs)
  return made
}

/** Running means and variances of every norm by PyTorch's names, as a run begins with them: 0 and 1. */
export const initialHiddenStatistics = (architecture: HiddenArchitecture): Record<string, Tensor> =>
  Object.fromEntries(
    blocksOf(architecture).flatMap(({ name, outputs }) =>
      (['mean', 'var'] as const).map((which) => [
        `${name}.layers.1.running_${which}`,
        tensor(new Float32Array(outputs).fill(which === 'var' ? 1 : 0), [outputs], 'float32'),
      ]),
    ),
  )
