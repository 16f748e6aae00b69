import { afterwardsKernels } from './afterwards.ts'
import type { Kernel } from './call.ts'
import { complexKernels } from './complex.ts'
import { withComplex } from './complex-parts.ts'
import { convKernels } from './conv.ts'
import { depthwiseKernels } from './depthwise.ts'
import { elementwiseKernels } from './elementwise.ts'
import { indexingKernels } from './indexing.ts'
import { matMulKernels } from './matmul.ts'
import { poolingKernels } from './pooling.ts'
import { reductionKernels } from './reductions.ts'
import { resizeKernels } from './resize.ts'
import { shapeKernels } from './shapes.ts'

/** Every kernel of this backend, by family. */
export const allKernels: readonly Kernel[] = [
  ...elementwiseKernels,
  ...reductionKernels,
  ...shapeKernels,
  ...matMulKernels,
  ...convKernels,
  ...depthwiseKernels,
  ...poolingKernels,
  ...resizeKernels,
  ...indexingKernels,
  ...afterwardsKernels,
  ...complexKernels,
].map(withComplex)
