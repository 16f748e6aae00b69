import { describe, expect, test } from 'vitest'
import { type Adapters, chooseEngine } from './choose.ts'

/** Adapters where only what is listed works. */
const machine = (works: { onnx?: string[]; cudaLibraries?: boolean; gpu?: string | null | Error }): Adapters => ({
  async onnx(provider) {
    if (works.onnx?.includes(provider)) return `onnx (${provider})`
    throw new Error(`no ${provider}\nmore`)
  },
  hasOnnxCuda: async () => works.cudaLibraries ?? false,
  async tfjsNodeGpu() {
    if (works.gpu instanceof Error) throw works.gpu
    return works.gpu ?? null
  },
})
const noEngine = (message: RegExp) =>
  expect.objectContaining({ code: 'no-engine', message: expect.stringMatching(message) })

describe('auto', () => {
  test('takes CUDA where it starts', async () => {
    const engine = await chooseEngine('auto', 4, machine({ onnx: ['cpu', 'cuda'], cudaLibraries: true }))
    expect(engine).toMatchObject({ device: 'cuda', engine: 'onnx (cuda)', threads: 4 })
  })
  test('takes the processor and says why', async () => {
    const engine = await chooseEngine('auto', 2, machine({ onnx: ['cpu'], cudaLibraries: true }))
    expect(engine).toMatchObject({ device: 'cpu', reason: expect.stringMatching(/does not start: no cuda$/) })
    const bare = await chooseEngine('auto', 2, machine({ onnx: ['cpu', 'cuda'] }))
    expect(bare).toMatchObject({ device: 'cpu', reason: expect.stringMatching(/no CUDA libraries/) })
  })
  test('without any engine says what to install', async () => {
    await expect(chooseEngine('auto', 2, machine({}))).rejects.toEqual(noEngine(/npm install onnxruntime-node/))
  })
})

describe('a device that is asked for is used, or an error', () => {
  test('cuda through onnxruntime-node, else tfjs-node-gpu', async () => {
    const onnx = await chooseEngine('cuda', 2, machine({ onnx: ['cpu', 'cuda'], cudaLibraries: true, gpu: 'tfjs' }))
    expect(onnx.engine).toBe('onnx (cuda)')
    const tfjs = await chooseEngine('cuda', 2, machine({ onnx: ['cpu'], cudaLibraries: true, gpu: 'tfjs' }))
    expect(tfjs).toMatchObject({ device: 'cuda', engine: 'tfjs' })
  })
  test('cuda never falls back to the processor', async () => {
    const absent = chooseEngine('cuda', 2, machine({ onnx: ['cpu'] }))
    await expect(absent).rejects.toEqual(noEngine(/none is installed; install CUDA 12.*tfjs-node-gpu/))
    const broken = chooseEngine(
      'cuda',
      2,
      machine({ onnx: ['cpu'], cudaLibraries: true, gpu: new Error('old driver') }),
    )
    await expect(broken).rejects.toEqual(noEngine(/none starts \(no cuda; old driver\)/))
  })
  test('webgpu never falls back to the processor', async () => {
    await expect(chooseEngine('webgpu', 2, machine({ onnx: ['cpu'] }))).rejects.toEqual(
      noEngine(/no WebGPU device starts/),
    )
    expect(await chooseEngine('webgpu', 2, machine({ onnx: ['webgpu'] }))).toMatchObject({ device: 'webgpu' })
  })
})
