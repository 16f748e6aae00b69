import { getGradient } from '@tensorflow/tfjs-core'
import { LINEAR } from './complex-parts.ts'
import { registerGradients } from './gradients.ts'
import { kernelFamilies } from './index.ts'
import { type MissingKernel, missingKernels } from './missing.ts'

export interface AvailableKernel {
  readonly name: string
  /** What kind of operation it is. */
  readonly family: string
  /** Whether tf.grad goes through it. */
  readonly gradient: boolean
}

export interface KernelSupport {
  readonly available: readonly AvailableKernel[]
  /** Kernels that take complex64 tensors part by part, beside those that know complex numbers. */
  readonly byParts: readonly string[]
  /** Kernels of tfjs that this backend lacks, each with what to write instead. */
  readonly missing: readonly MissingKernel[]
}

/** Which of tfjs' kernels the backend has, which of them have a gradient, and which are missing. */
export function kernelSupport(): KernelSupport {
  registerGradients()
  const available = Object.entries(kernelFamilies).flatMap(([family, kernels]) =>
    kernels.map(({ name }) => ({ name, family, gradient: getGradient(name) !== undefined })),
  )
  return { available, byParts: [...LINEAR], missing: missingKernels }
}
