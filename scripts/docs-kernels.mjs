// Writes KERNELS.md, which goes out with the engine's package, from what the engine registers.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from './lib/build.mjs'
import { kernelDocs } from './lib/kernel-docs.mjs'
import { root } from './lib/workspace.mjs'

await build()
const { kernelSupport } = await import(join(root, 'packages/tfjs-backend-onnx/dist/index.js'))
writeFileSync(join(root, 'packages/tfjs-backend-onnx/KERNELS.md'), kernelDocs(kernelSupport()))
