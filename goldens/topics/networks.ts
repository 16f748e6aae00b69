import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ready } from '@stablesig/backend-node'
import { memorySource, openWeights, type StateDict } from '@stablesig/weights'
import * as tf from '@tensorflow/tfjs-core'
import type { GoldenContext, GoldenTensor, Topic } from '../topic.ts'

/** Weights that lie beside a topic's cases. */
export const openBeside = async ({ folder }: GoldenContext, file: string): Promise<StateDict> =>
  open(join(folder, file))

/** Real weights, of the data folder. */
export async function openReal({ data }: GoldenContext, file: string): Promise<StateDict> {
  if (!data) throw new Error('real weights are needed')
  return open(join(data, 'weights', file))
}

const open = async (path: string) => openWeights(memorySource(path, await readFile(path)))

/** Images or latents [N,C,H,W], as goldens keep them, -> [N,H,W,C], divided by what 8-bit values are (255). */
export function nhwc({ shape, values }: GoldenTensor, divisor = 1): tf.Tensor4D {
  const [n = 0, c = 0, h = 0, w = 0] = shape
  // Divided here and in double precision: a unit that rounding wakes or not moves a gradient by a thousandth.
  const stored = tf.tensor4d(
    Float32Array.from(values, (value) => value / divisor),
    [n, c, h, w],
  )
  const turned = tf.transpose(stored, [0, 2, 3, 1])
  stored.dispose()
  return turned
}

/** Values of a [N,H,W,C] tensor in the goldens' order, [N,C,H,W]; the tensor is disposed. */
export async function nchwValues(tensor: tf.Tensor4D): Promise<Float32Array> {
  const turned = tf.transpose(tensor, [0, 3, 1, 2])
  const values = await turned.data<'float32'>()
  tf.dispose([tensor, turned])
  return values
}

/** A tensor's values; the tensor is disposed. */
export async function valuesOf(tensor: tf.Tensor): Promise<Float32Array> {
  const values = await tensor.data<'float32'>()
  tensor.dispose()
  return values
}

/** A named tensor of a case's file. @throws Error where the file has none */
export function must(tensors: ReadonlyMap<string, GoldenTensor>, name: string): GoldenTensor {
  const tensor = tensors.get(name)
  if (!tensor) throw new Error(`the case's file has no tensor ${name}`)
  return tensor
}

/** Arguments of a case, checked as they are read. */
export const argument = {
  text: (value: unknown, name: string): string => {
    if (typeof value === 'string') return value
    throw new TypeError(`the case's ${name} is no text`)
  },
  number: (value: unknown, name: string): number => {
    if (typeof value === 'number') return value
    throw new TypeError(`the case's ${name} is no number`)
  },
  texts: (value: unknown, name: string): string[] => {
    if (Array.isArray(value)) return value.map((item) => argument.text(item, name))
    throw new TypeError(`the case's ${name} is no list`)
  },
  numbers: (value: unknown, name: string): number[] => {
    if (Array.isArray(value)) return value.map((item) => argument.number(item, name))
    throw new TypeError(`the case's ${name} is no list`)
  },
}

/** The engine that goldens run on: the compiled one, or tfjs's plain one (slow) where STABLESIG_ENGINE is 'cpu-js'. */
export async function useEngine(): Promise<void> {
  if (process.env.STABLESIG_ENGINE === 'cpu-js') {
    await import('@tensorflow/tfjs-backend-cpu')
    await tf.setBackend('cpu')
  } else await ready({ device: 'cpu' })
}

/** The runners, each once the engine has started. */
export const onEngine = (runners: Topic['runners']): Topic['runners'] =>
  Object.fromEntries(
    Object.entries(runners).map(([op, run]) => [
      op,
      async (context: GoldenContext) => {
        await useEngine()
        await run(context)
      },
    ]),
  )
