import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { kernelSupport } from '@stablesig/tfjs-backend-onnx'
import { expect, test } from 'vitest'
import { kernelDocs } from './lib/kernel-docs.mjs'
import { root } from './lib/workspace.mjs'

test('KERNELS.md is what the engine registers: npx -y pnpm@12 docs:kernels', () => {
  expect(readFileSync(join(root, 'packages/tfjs-backend-onnx/KERNELS.md'), 'utf8')).toBe(kernelDocs(kernelSupport()))
})
