import { describe, expect, test } from 'vitest'
import { chooseEngine } from './choose.ts'
import type { Device, Start } from './engine.ts'

/** A page where only what is listed starts; a text is an objection of 'auto' to a device that would. */
const page = (works: Partial<Record<Device, true | string>>): Record<Device, Start> => {
  const start = (device: Device): Start => ({
    objection: async () => {
      const found = works[device]
      return typeof found === 'string' ? found : null
    },
    start: async () => {
      if (!works[device]) throw new Error(`no ${device}\nmore`)
      return { engine: `the ${device}`, threads: 1 }
    },
  })
  return { webgpu: start('webgpu'), webgl: start('webgl'), wasm: start('wasm'), cpu: start('cpu') }
}
const noEngine = (message: RegExp) =>
  expect.objectContaining({ code: 'no-engine', message: expect.stringMatching(message) })

describe('auto', () => {
  test('takes the first that starts and says what it passed over', async () => {
    expect(await chooseEngine('auto', page({ webgpu: true, wasm: true }))).toMatchObject({
      device: 'webgpu',
      reason: 'WebGPU starts here',
      passedOver: [],
    })
    expect(await chooseEngine('auto', page({ webgpu: 'is software', wasm: true }))).toMatchObject({
      device: 'wasm',
      reason: 'WebAssembly, since WebGPU is software and WebGL does not start: no webgl',
      passedOver: [
        { device: 'webgpu', reason: 'is software' },
        { device: 'webgl', reason: 'does not start: no webgl' },
      ],
    })
  })
  test('without any engine says what was tried', async () => {
    await expect(chooseEngine('auto', page({}))).rejects.toEqual(noEngine(/no engine: WebGPU .*no webgpu; WebGL .*; /))
  })
})

describe('a device that is asked for', () => {
  test('is used, whatever speaks against it', async () => {
    expect(await chooseEngine('webgpu', page({ webgpu: 'is software' }))).toMatchObject({
      device: 'webgpu',
      reason: 'WebGPU was asked for',
    })
  })
  test('or its absence is an error that says what to do', async () => {
    await expect(chooseEngine('webgpu', page({ wasm: true }))).rejects.toEqual(
      noEngine(/^WebGPU does not start \(no webgpu\): use a browser/),
    )
    await expect(chooseEngine('wasm', page({ cpu: true }))).rejects.toEqual(noEngine(/wasmPaths.*wasm-unsafe-eval/))
  })
})
