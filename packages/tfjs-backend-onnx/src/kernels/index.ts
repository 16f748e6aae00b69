import { afterwardsKernels } from './afterwards.ts'
import type { Kernel } from './call.ts'
import { complexKernels } from './complex.ts'
import { withComplex } from './complex-parts.ts'
import { convKernels } from './conv.ts'
import { conv3dKernels } from './conv3d.ts'
import { countingKernels } from './counting.ts'
import { depthwiseKernels } from './depthwise.ts'
import { dilationKernels } from './dilation.ts'
import { einsumKernels } from './einsum.ts'
import { elementwiseKernels } from './elementwise.ts'
import { hostKernels } from './host.ts'
import { imageKernels } from './image.ts'
import { indexingKernels } from './indexing.ts'
import { matMulKernels } from './matmul.ts'
import { poolingKernels } from './pooling.ts'
import { reductionKernels } from './reductions.ts'
import { resizeKernels } from './resize.ts'
import { responseNormalizationKernels } from './response-normalization.ts'
import { shapeKernels } from './shapes.ts'

/** The kernels of this backend by family. */
export const kernelFamilies: Readonly<Record<string, readonly Kernel[]>> = {
  elementwise: elementwiseKernels,
  reductions: reductionKernels,
  shapes: shapeKernels,
  'matrix products': [...matMulKernels, ...einsumKernels],
  convolutions: [...convKernels, ...depthwiseKernels, ...conv3dKernels],
  'pooling and windows': [...poolingKernels, ...dilationKernels, ...responseNormalizationKernels],
  images: [...resizeKernels, ...imageKernels],
  'indices and counts': [...indexingKernels, ...countingKernels],
  'complex numbers': complexKernels,
  'read at once, computed without ONNX': hostKernels,
  'gradient checkpointing': afterwardsKernels,
}

/** Every kernel of this backend. */
export const allKernels: readonly Kernel[] = Object.values(kernelFamilies).flat().map(withComplex)
