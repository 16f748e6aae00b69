// Copied beside an installation of the packed @stablesig/weights alone and run there by scripts/ci/installed-alone.mjs.
import { readFileSync } from 'node:fs'
import { memorySource, openWeights, readFloat32, tensorData, writeSafetensors } from '@stablesig/weights'

const tfjs = await import('@tensorflow/tfjs-core').catch(() => null)
if (tfjs) throw new Error('tfjs is here, so this shows nothing')

const written = writeSafetensors({ 'conv.weight': tensorData(Float32Array.of(1, -2, 0.5, 4), [2, 2], 'float16') })
const safetensors = await openWeights(memorySource('written.safetensors', written))
const values = [...(await readFloat32(safetensors.tensors.get('conv.weight')))]
if (values.join() !== '1,-2,0.5,4') throw new Error(`the safetensors file gives ${values}`)

// A zip that PyTorch wrote.
const torch = await openWeights(memorySource('checkpoint.pt', new Uint8Array(readFileSync('checkpoint.pt'))))
if (torch.format !== 'torch-zip') throw new Error(`the checkpoint is read as ${torch.format}`)
const floats = await Promise.all([...torch.tensors.values()].map(readFloat32))
if (floats.length === 0 || !floats.flatMap((one) => [...one]).every(Number.isFinite)) throw new Error('no numbers')
console.log(`${safetensors.format} and ${torch.format} of ${floats.length} tensors`)
