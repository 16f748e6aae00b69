import type { StateDict } from '@stablesig/weights'
import { parameter, parameterValues, sigmoidOf } from '../read-parameters.ts'
import type { ChannelWeights } from './colour.ts'
import type { Masking } from './masking.ts'
import type { WatsonDct } from './watson-dct.ts'
import type { PhaseMasking, WatsonDft } from './watson-dft.ts'

/** Coefficients of the transform of a block, by their place in it: those that are real for every image have no phase. */
const DFT = { count: 40, real: new Set([0, 4, 20, 24]) }
const DCT = { count: 64 }

/**
 * Parameters of Watson-DFT from the public file of Czolbe et al. (rgb_watson_fft_trial0.pth).
 * @throws StableSigError 'bad-weights' naming the tensor that is missing or has another size, 'not-finite'
 */
export const readWatsonDft = (state: StateDict): Promise<WatsonDft> => readColour(state, readPhaseMasking)

/** Parameters of Watson-DCT, likewise (rgb_watson_dct_trial0.pth). */
export const readWatsonDct = (state: StateDict): Promise<WatsonDct> =>
  readColour(state, (of, prefix) => readMasking(of, prefix, DCT.count))

/** What is learned for one channel, its tensors named with a prefix: '' in the files for grey images. */
export async function readMasking(state: StateDict, prefix: string, count: number): Promise<Masking> {
  const one = (name: string) => parameter(state, prefix + name)
  return {
    sensitivities: Array.from(await parameterValues(state, `${prefix}t_tild`, count), Math.exp),
    alpha: await one('alpha'),
    contrast: sigmoidOf(await one('w_tild')),
    beta: await one('beta'),
  }
}

export async function readPhaseMasking(state: StateDict, prefix: string): Promise<PhaseMasking> {
  const weights = await parameterValues(state, `${prefix}w_phase_tild`, DFT.count)
  return {
    ...(await readMasking(state, prefix, DFT.count)),
    phases: Array.from(weights, (weight, i) => (DFT.real.has(i) ? 0 : Math.exp(weight))),
  }
}

async function readColour<M>(state: StateDict, read: (state: StateDict, prefix: string) => Promise<M>) {
  const logits = await parameterValues(state, 'w_tild', 3)
  const powers = Array.from(logits, Math.exp)
  const sum = powers.reduce((a, b) => a + b, 0)
  const [y = 0, cb = 0, cr = 0] = powers.map((power) => power / sum)
  const weights: ChannelWeights = [y, cb, cr]
  const channels: readonly [M, M, M] = [await read(state, 'ly.'), await read(state, 'lcb.'), await read(state, 'lcr.')]
  return { weights, channels }
}
