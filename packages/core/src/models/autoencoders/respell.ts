import { nameBehind, type StateDict, type StateTensor, unmapName } from '@stablesig/weights'
import { StableSigError } from '../../errors.ts'
import type { Family } from './autoencoder.ts'
import type { AutoencoderDescription } from './describe.ts'
import { isAttentionMatrix, klSpellings, tinySpellings } from './names.ts'

/** Whose names: those of a diffusers `vae/` folder, or those of an LDM checkpoint's first stage, without its prefix; of FLUX.2 its own. */
export type TargetSpelling = 'diffusers' | 'LDM'

/** An autoencoder as it is stored, whatever file, spelling or pair of files it lies in. */
export interface StoredAutoencoder {
  /** For messages. */
  readonly source: string
  readonly family: Family
  /** Of the group norms; null in the tiny family. */
  readonly groups: number | null
  /** By the model's own names, each half's beginning with the half, and with what is neither's: codes, statistics of latents. */
  readonly tensors: ReadonlyMap<string, StateTensor>
}

/** A file, and what describeAutoencoder made of it. */
export interface DescribedFile {
  readonly state: Pick<StateDict, 'source' | 'tensors'>
  readonly about: AutoencoderDescription
}

const COUNTER = 'bn.num_batches_tracked'

/**
 * Both halves under the model's own names; bytes are read when asked for.
 * @param file what holds the decoder, and the encoder as well where no other file is named
 * @param encoder what the encoder is taken from instead
 * @throws StableSigError 'unsupported' when a half is in neither
 */
export function storedAutoencoder(file: DescribedFile, encoder?: DescribedFile): StoredAutoencoder {
  const tensors = new Map<string, StateTensor>()
  const take = ({ state, about }: DescribedFile, wanted: (ours: string) => boolean) => {
    for (const [ours, theirs] of about.names) {
      const tensor = wanted(ours) && state.tensors.get(theirs)
      if (tensor) tensors.set(ours, tensor)
    }
    // What no model needs, and diffusers' BatchNorm wants beside its statistics.
    if (!about.names.has('bn.running_mean') || !wanted(COUNTER)) return
    for (const [theirs, tensor] of state.tensors)
      if (nameBehind(theirs, about.prefix) === COUNTER) tensors.set(COUNTER, tensor)
  }
  const ofEncoder = (ours: string) => ours.startsWith('encoder.')
  if (encoder) take(encoder, ofEncoder)
  take(file, (ours) => !encoder || !ofEncoder(ours))
  const { source } = file.state
  for (const part of ['encoder', 'decoder'])
    if (![...tensors.keys()].some((ours) => ours.startsWith(`${part}.`)))
      throw new StableSigError(
        'unsupported',
        `${source} holds the ${file.about.parts.join()} alone, and a whole autoencoder is to be written: the ${part} is missing`,
      )
  return { source, family: file.about.family, groups: file.about.groups, tensors }
}

/**
 * An autoencoder's tensors under another project's names, in its order; bytes are read when asked for. Attention's matrices are
 * [C,C] in diffusers and [C,C,1,1] in LDM; nothing else differs.
 * @returns the other project's names -> the tensors as they are there
 * @throws StableSigError 'unsupported' for the tiny family under LDM's names, and for a tensor that has no name there
 */
export function respellAutoencoder(
  { source, family, tensors }: StoredAutoencoder,
  to: TargetSpelling,
): Map<string, StateTensor> {
  const fail = (why: string) => new StableSigError('unsupported', `${source} cannot be written as ${to} has it: ${why}`)
  if (family === 'tiny' && to === 'LDM')
    throw fail('it is of the tiny family, which LDM has no names for; the decoder alone can be had (safetensors)')
  const levels = [...tensors.keys()].reduce(
    (most, ours) => Math.max(most, 1 + Number(/^decoder\.up\.(\d+)\./.exec(ours)?.[1] ?? -1)),
    1,
  )
  const own = to === 'LDM' && tensors.has('bn.running_mean') ? 'FLUX.2' : to
  const wanted = family === 'tiny' ? 'diffusers AutoencoderTiny' : own
  const spellings = family === 'tiny' ? tinySpellings('decoder') : klSpellings(levels)
  const mapping = spellings.find(({ name }) => name === wanted)
  const respelled = new Map<string, StateTensor>()
  for (const [ours, tensor] of tensors) {
    const name = mapping && unmapName(mapping, ours)
    if (!name) throw fail(`there is no name for ${ours}`)
    const shape = isAttentionMatrix(ours) ? attentionShape(tensor.shape, to) : tensor.shape
    respelled.set(name, { dtype: tensor.dtype, shape, read: () => tensor.read() })
  }
  return respelled
}

const attentionShape = ([out = 0, into = 0]: readonly number[], to: TargetSpelling): readonly number[] =>
  to === 'diffusers' ? [out, into] : [out, into, 1, 1]
