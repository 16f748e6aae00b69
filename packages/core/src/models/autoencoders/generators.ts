/** How published generators scale their latents. Shapes do not tell SD 1 from SDXL, nor SD3 from FLUX.1. */
export const GENERATORS = {
  /** Stable Diffusion 1 and 2. */
  sd1: { scale: 0.18215, shift: 0 },
  sdxl: { scale: 0.13025, shift: 0 },
  'sd-x4-upscaler': { scale: 0.08333, shift: 0 },
  sd3: { scale: 1.5305, shift: 0.0609 },
  flux1: { scale: 0.3611, shift: 0.1159 },
  /** Tiny autoencoders' latents are the generator's already. */
  taesd: { scale: 1, shift: 0 },
} as const

export type Generator = keyof typeof GENERATORS
