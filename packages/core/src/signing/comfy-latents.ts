import { GENERATORS } from '../models/autoencoders/known-latents.ts'
import type { StateDict } from '../weights/state-dict.ts'
import type { LatentArray } from './latent-array.ts'

/** What ComfyUI calls latents in its .latent files, and the empty tensor by which newer files say how they are stored. */
const LATENTS = 'latent_tensor'
const VERSION_0 = 'latent_format_version_0'

type Latents = LatentArray & { readonly values: Float32Array }

/**
 * Latents of a ComfyUI file as the autoencoder's own, which is what its newer files hold, whatever the generator. Files without the
 * marker are older, of Stable Diffusion 1 and 2 alone, and hold them multiplied by 0.18215 (ComfyUI's `LoadLatent`). Latents of
 * other files are given back as they are.
 */
export function comfyLatents(state: StateDict, latents: Latents): Latents {
  if (!state.tensors.has(LATENTS)) return latents
  const values = state.tensors.has(VERSION_0) ? latents.values : latents.values.map((z) => z / GENERATORS.sd1.scale)
  return { ...latents, values, scaled: false }
}
