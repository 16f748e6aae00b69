import type { StateDict, StateTensor, TakenTensors } from '@stablesig/weights'
import { tensor2d } from '@tensorflow/tfjs-core'
import { checkObject } from '../../arguments.ts'
import { StableSigError } from '../../errors.ts'
import { markConstant } from '../../ops/hints.ts'
import { readFinite, readWeights } from '../read.ts'
import { type Autoencoder, joinAutoencoder, type LatentDecoder, type LatentEncoder, type Part } from './autoencoder.ts'
import { type ArchitectureOptions, refuseMismatch, type Survey, surveyAutoencoder } from './describe.ts'
import { klDecoder, klEncoder } from './kl.ts'
import { configuredScaling, guessedScaling, latentScaling } from './known-latents.ts'
import { batchNormScaling, type LatentScaling } from './latents.ts'
import { tinyDecoder, tinyEncoder } from './tiny.ts'

/**
 * An autoencoder out of one file that holds both halves, of any family and spelling: see describeAutoencoder.
 * @throws StableSigError as describeAutoencoder; 'bad-weights' when a half is not there, or a tensor is missing, unexpected or
 *   wrongly shaped, with the nearest candidates; 'not-finite' when one is not finite
 */
export async function readAutoencoder(state: StateDict, options: ArchitectureOptions = {}): Promise<Autoencoder> {
  const survey = surveyAutoencoder(state, options, ['encoder', 'decoder'])
  refuseMismatch(state, survey)
  const latents = await scalingOf(state, survey, options)
  return joined(
    () => encoderOf(state, survey),
    () => decoderOf(state, survey),
    async () => latents,
  )
}

/** The decoder alone: nothing else of the file is read. @throws StableSigError as readAutoencoder */
export async function readDecoder(state: StateDict, options: ArchitectureOptions = {}): Promise<LatentDecoder> {
  const survey = surveyAutoencoder(state, options, ['decoder'])
  refuseMismatch(state, survey)
  return decoderOf(state, survey)
}

/** The encoder alone: nothing else of the file is read. @throws StableSigError as readAutoencoder */
export async function readEncoder(state: StateDict, options: ArchitectureOptions = {}): Promise<LatentEncoder> {
  const survey = surveyAutoencoder(state, options, ['encoder'])
  refuseMismatch(state, survey)
  return encoderOf(state, survey)
}

/**
 * Both halves, from two files or twice from one. The decoder's file tells how latents are scaled.
 * @throws StableSigError as readAutoencoder, and when the halves do not fit together
 */
export async function loadAutoencoder(
  files: { encoder: StateDict; decoder: StateDict },
  options: ArchitectureOptions = {},
): Promise<Autoencoder> {
  checkObject(files, 'files', 'the weights of both halves', ['encoder', 'decoder'])
  return joined(
    () => readEncoder(files.encoder, options),
    () => readDecoder(files.decoder, options),
    () => readLatentScaling(files.decoder, options),
  )
}

/** How a generator scales the latents of the autoencoder in a file. @throws StableSigError as describeAutoencoder */
export async function readLatentScaling(state: StateDict, options: ArchitectureOptions = {}): Promise<LatentScaling> {
  return scalingOf(state, surveyAutoencoder(state, options), options)
}

/** What was read is freed where a later one fails. */
async function joined(
  encoder: () => Promise<LatentEncoder>,
  decoder: () => Promise<LatentDecoder>,
  latents: () => Promise<LatentScaling>,
): Promise<Autoencoder> {
  const read: { dispose(): void }[] = []
  try {
    const first = await encoder()
    read.push(first)
    const second = await decoder()
    read.push(second)
    return joinAutoencoder(first, second, await latents())
  } catch (error) {
    for (const one of read) one.dispose()
    throw error
  }
}

async function encoderOf(state: StateDict, survey: Survey): Promise<LatentEncoder> {
  const parts = await partsOf(state, survey, 'encoder')
  const half = halfOf(survey, 'encoder')
  return half.kind === 'kl' ? klEncoder(half.plan, parts) : tinyEncoder(half.plan, parts)
}

async function decoderOf(state: StateDict, survey: Survey): Promise<LatentDecoder> {
  const codes = survey.family === 'vq' ? await valuesOf(state, survey, 'quantize.embedding.weight') : null
  const parts = await partsOf(state, survey, 'decoder')
  const half = halfOf(survey, 'decoder')
  if (half.kind === 'tiny') return tinyDecoder(half.plan, parts)
  if (!codes) return klDecoder(half.plan, parts)
  const codebook = markConstant(
    tensor2d(codes.values, [codes.values.length / survey.latentChannels, survey.latentChannels]),
  )
  return klDecoder(half.plan, { ...parts, codebook })
}

function halfOf(survey: Survey, part: Part) {
  const half = survey.plans.find(({ plan }) => plan.part === part)
  if (!half) throw new StableSigError('bad-argument', `the ${part} was not asked for`)
  return half
}

/** A half's weights under its own names, with the file's names and shapes. */
async function partsOf(state: StateDict, { match }: Survey, part: Part) {
  const own = <T>(all: ReadonlyMap<string, T>): Map<string, T> => {
    const some = [...all].filter(([name]) => name.startsWith(`${part}.`))
    return new Map(some.map(([name, value]) => [name.slice(part.length + 1), value]))
  }
  const tensors = own(match.tensors)
  const names = own(match.foreign)
  const taken: TakenTensors = { ...match, tensors: new Map([...tensors].map(asConvolution)), foreign: names }
  const shapes = new Map([...tensors].map(([name, { shape }]) => [name, shape]))
  return { weights: await readWeights(state.source, taken), names, shapes }
}

/** Matrices [O,I], which are attention's, as the 1x1 convolutions [O,I,1,1] that they are in the model. */
function asConvolution([name, tensor]: [string, StateTensor]): [string, StateTensor] {
  return [
    name,
    tensor.shape.length === 2 ? { ...tensor, shape: [...tensor.shape, 1, 1], read: () => tensor.read() } : tensor,
  ]
}

async function valuesOf(state: StateDict, { match }: Survey, name: string) {
  const stored = match.tensors.get(name)
  if (!stored) throw new StableSigError('bad-weights', `${state.source}: tensor ${name} is missing`)
  return { values: await readFinite(state.source, match.foreign.get(name) ?? name, stored) }
}

async function scalingOf(state: StateDict, survey: Survey, { generator }: ArchitectureOptions): Promise<LatentScaling> {
  if (generator) return latentScaling(generator)
  if (survey.match.tensors.has('bn.running_mean')) {
    const mean = await valuesOf(state, survey, 'bn.running_mean')
    const variance = await valuesOf(state, survey, 'bn.running_var')
    const { config } = survey
    const epsilon = config && 'batchNormEpsilon' in config ? config.batchNormEpsilon : undefined
    return batchNormScaling(mean.values, variance.values, epsilon)
  }
  return survey.config?.latents ? configuredScaling(survey.config.latents) : guessedScaling(state, survey)
}
