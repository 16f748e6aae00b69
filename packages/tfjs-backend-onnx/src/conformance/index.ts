import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { registerGradients } from '../kernels/gradients.ts'
import { type Case, type Input, numbers } from './case.ts'
import { complexCases } from './complex-cases.ts'
import { countingCases } from './counting-cases.ts'
import { elementwiseCases } from './elementwise-cases.ts'
import { imageCases } from './image-cases.ts'
import { networkCases } from './network-cases.ts'
import { reductionCases } from './reduction-cases.ts'
import { shapeCases } from './shape-cases.ts'
import { volumeCases } from './volume-cases.ts'

export type { Case } from './case.ts'

/** Every operation that the library relies on, by family. */
export const cases: Readonly<Record<string, readonly Case[]>> = {
  elementwise: elementwiseCases,
  reductions: reductionCases,
  shapes: shapeCases,
  networks: networkCases,
  volumes: volumeCases,
  images: imageCases,
  counting: countingCases,
  complex: complexCases,
}

interface Result {
  readonly shape: readonly number[]
  readonly dtype: string
  readonly values: Float32Array | Int32Array | Uint8Array
}

/** What tfjs' CPU backend gives, forward and gradient: computed once for all engines. */
const references = new Map<Case, Promise<{ readonly want: Result[]; readonly wantGradients: Result[] }>>()

function reference(c: Case) {
  let made = references.get(c)
  if (made === undefined) {
    made = tf
      .setBackend('cpu')
      .then(async () => ({ want: await outputs(c), wantGradients: await gradients(c, c.gradient) }))
    references.set(c, made)
  }
  return made
}

// tfjs' bundle for Node has no gradients, and the engine under test may bring none.
registerGradients()

/** Milliseconds: large convolutions of tfjs' own backend for processors, which is the reference, take minutes on a busy machine. */
const SLOWEST = 180_000

/**
 * Declares the conformance tests of an engine: each operation, forward and gradient, against tfjs' CPU backend.
 * To be called in a test file of vitest.
 * @param engine the name under which tfjs knows it
 * @param start registers and selects it; where it cannot, the tests fail rather than be skipped
 * @param only which cases; all without it
 */
export function conformance(
  engine: string,
  start: () => Promise<unknown>,
  only: (c: Case) => boolean = () => true,
): void {
  describe(`conformance of ${engine}`, () => {
    beforeAll(async () => {
      await start()
      expect(tf.getBackend()).toBe(engine)
    })
    for (const [family, list] of Object.entries(cases)) {
      const chosen = list.filter(only)
      if (chosen.length === 0) continue
      describe(family, () => {
        test.each(chosen.map((c) => [c.name, c] as const))(
          '%s',
          async (_, c) => {
            const { want, wantGradients } = await reference(c)
            await tf.setBackend(engine)
            const before = tf.memory().numTensors
            compare(await outputs(c), want, c.tolerance)
            if (c.gradient !== 'none') compare(await gradients(c, 'cpu'), wantGradients, 4 * c.tolerance)
            expect(tf.memory().numTensors).toBe(before)
          },
          SLOWEST,
        )
      })
    }
  })
}

function tensors(inputs: readonly Input[]): tf.Tensor[] {
  return inputs.map(({ shape, dtype, values }) => tf.tensor([...values], [...shape], dtype))
}

async function outputs(c: Case): Promise<Result[]> {
  const made = tf.tidy(() => c.run(...tensors(c.inputs)))
  return read(Array.isArray(made) ? made : [made])
}

async function read(list: readonly tf.Tensor[]): Promise<Result[]> {
  const results = await Promise.all(
    list.map(async (t) => ({ shape: t.shape, dtype: t.dtype, values: (await t.data()).slice() })),
  )
  tf.dispose([...list])
  return results
}

/** The operation's first output weighted by fixed numbers and summed: a scalar whose gradient sees every element. */
function weighted(c: Case, inputs: tf.Tensor[]): tf.Scalar {
  const made = c.run(...inputs)
  const y = Array.isArray(made) ? made[0]! : made
  const weights = tf.tensor(numbers(y.size, -1, 1, 77), y.shape)
  return tf.sum(tf.mul(tf.cast(y, 'float32'), weights))
}

async function gradients(c: Case, how: Case['gradient']): Promise<Result[]> {
  const floats = c.inputs.flatMap((input, i) => (input.dtype === 'float32' ? [i] : []))
  if (how === 'none' || floats.length === 0) return []
  if (how === 'differences') return Promise.all(floats.map((i) => differences(c, i)))
  const made = tf.tidy(() => {
    const all = tensors(c.inputs)
    const f = (...variable: tf.Tensor[]) =>
      weighted(
        c,
        all.map((t, i) => (floats.includes(i) ? variable[floats.indexOf(i)]! : t)),
      )
    return tf.grads(f)(floats.map((i) => all[i]!))
  })
  return read(made)
}

/** Central differences: exact, up to rounding, for the linear operations that are judged so. */
async function differences(c: Case, index: number): Promise<Result> {
  const input = c.inputs[index]!
  const step = 0.5
  const at = (j: number, by: number) =>
    tf.tidy(() => {
      const moved = { ...input, values: input.values.map((v, i) => (i === j ? v + by : v)) }
      return weighted(c, tensors(c.inputs.map((other, i) => (i === index ? moved : other)))).dataSync()[0]!
    })
  const values = Float32Array.from(input.values, (_, j) => (at(j, step) - at(j, -step)) / (2 * step))
  return { shape: input.shape, dtype: 'float32', values }
}

function compare(got: readonly Result[], want: readonly Result[], tolerance: number): void {
  expect(got.map(({ shape, dtype }) => ({ shape, dtype }))).toEqual(want.map(({ shape, dtype }) => ({ shape, dtype })))
  for (const [k, w] of want.entries()) {
    const g = got[k]!
    for (const [i, expected] of w.values.entries()) {
      const found = g.values[i]!
      const near = Object.is(found, expected) || Math.abs(found - expected) <= tolerance * (1 + Math.abs(expected))
      if (!near && !(found === expected)) {
        expect.fail(`output ${k} [${w.shape}] element ${i}: expected ${expected}, found ${found}`)
      }
    }
  }
}
