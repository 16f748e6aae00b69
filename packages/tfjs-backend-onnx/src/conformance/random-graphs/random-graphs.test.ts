import type { Tensor } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { useOnnx } from '../../testing/engines.ts'
import { checkGraph } from './check.ts'
import type { Engine } from './judge.ts'

const count = Number(process.env.RANDOM_GRAPHS ?? 40)
const first = Number(process.env.RANDOM_GRAPHS_SEED ?? 0)
/** Graphs that are not begun after so many seconds are skipped. */
const seconds = Number(process.env.RANDOM_GRAPHS_SECONDS ?? Number.POSITIVE_INFINITY)

/** Graphs that a seed makes, with and without passes, against tfjs' CPU backend: `npx -y pnpm@12 fuzz:graphs` makes more of them. */
describe('random graphs and their gradients', () => {
  const engines: Engine[] = []
  let began = 0
  beforeAll(async () => {
    began = performance.now()
    for (const [name, passes] of [
      ['onnx-random', undefined],
      ['onnx-random-plain', []],
    ] as const) {
      const backend = await useOnnx({ name, ...(passes && { passes }) })
      engines.push({ name, markConstant: ({ dataId }: Tensor) => backend.hints.markConstant(dataId) })
    }
  })

  test.for(Array.from({ length: count }, (_, i) => first + i))('graph %i', async (seed, { skip }) => {
    if (performance.now() - began > 1000 * seconds) skip('time is over')
    const found = await checkGraph(seed, engines)
    if (found === 'unclear') skip('rounding decides')
    if (found !== null) expect.fail(`${found}\nagain: npx -y pnpm@12 fuzz:graphs --seed ${seed} --count 1`)
  })
})
