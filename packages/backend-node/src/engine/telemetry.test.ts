import { describe, expect, test } from 'vitest'
import { runProgram } from '../testing/program.ts'

describe('a program', () => {
  // tfjs' own CPU backend is there too, as in programs that import all of tfjs: it is the one that prints a banner.
  const computes = `
    import '@tensorflow/tfjs-backend-cpu'
    import { add, tensor1d } from '@tensorflow/tfjs-core'
    import { ready } from './index.ts'
    ready().then(async () => {
      const sum = await add(tensor1d([1, 2]), 1).data()
      if (String(sum) !== '2,3') throw new Error(String(sum))
    })`
  test.each(['esm', 'cjs'] as const)('bundled as %s computes, prints nothing and leaves no file', async (format) => {
    expect(await runProgram(computes, format)).toEqual({ code: 0, printed: '', left: [] })
  })

  const inWorker = (before: string) => `
    import { isMainThread, Worker } from 'node:worker_threads'
    import { ready } from './index.ts'
    import { disableTelemetry } from '@stablesig/tfjs-backend-onnx/node/pure'
    if (isMainThread) {
      ${before}
      new Worker(new URL(import.meta.url)).on('error', (error) => console.log(error.code, error.message.slice(0, 50)))
    } else {
      await ready({ device: 'cpu' })
    }`
  test('leaves none either when a worker computes', async () => {
    expect(await runProgram(inWorker('disableTelemetry()'))).toEqual({ code: 0, printed: '', left: [] })
    expect(await runProgram(inWorker(''))).toEqual({
      code: 0,
      printed: 'no-engine a worker thread cannot switch off the telemetry of\n',
      left: [],
    })
  })
})
