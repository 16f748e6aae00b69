import { type OpenWeights, readConfigFile, readYamlFile } from '@stablesig/backend-node'
import { StableSigError } from '@stablesig/core'
import type { LatentScaling } from '@stablesig/core/latents'
import { describeMinter, isMinter, type MinterFrame } from '@stablesig/core/minting'
import {
  type ArchitectureOptions,
  type AutoencoderDescription,
  describeAutoencoder,
  describeExtractor,
  type ExtractorDescription,
  readLatentScaling,
} from '@stablesig/core/models'
import { bytesOf, type StateDict } from '@stablesig/weights'

/** What is told of a network's tensors, whichever it is. */
interface Part {
  readonly tensors: number
  readonly bytes: number
  readonly dtypes: readonly string[]
}

/** The network that a path holds. Names as the file has them. */
export type Holds =
  | (Omit<AutoencoderDescription, 'names'> &
      Part & { readonly kind: 'autoencoder'; readonly scaling: Pick<LatentScaling, 'kind' | 'scale' | 'shift'> })
  | (Omit<ExtractorDescription, 'names'> & Part & { readonly kind: 'extractor' })
  | (MinterFrame & { readonly kind: 'minter' })
  | { readonly kind: 'unknown'; readonly reason: string }

/**
 * Which network weights are: a minter by its header, others by names, shapes and the config beside them. Of an extractor and an
 * autoencoder that both fit a little it is the one of which less is wrong.
 * @param config a file named for it, yaml or json
 * @throws StableSigError for a configuration that cannot be read
 */
export async function whatItHolds({ state, config: beside }: OpenWeights, config?: string): Promise<Holds> {
  const parsed = config ? await readYamlFile(config) : beside ? await readConfigFile(beside) : undefined
  const options = parsed === undefined ? {} : { config: parsed }
  if (isMinter(state)) {
    const minter = tried(() => describeMinter(state))
    return 'found' in minter ? { kind: 'minter', ...minter.found } : { kind: 'unknown', ...minter }
  }
  const autoencoder = tried(() => describeAutoencoder(state, options))
  const extractor = tried(() => describeExtractor(state))
  if ('found' in extractor && (!('found' in autoencoder) || faults(extractor.found) < faults(autoencoder.found))) {
    const { names, ...about } = extractor.found
    return { kind: 'extractor', ...about, ...partOf(state, names) }
  }
  if (!('found' in autoencoder)) return { kind: 'unknown', reason: autoencoder.reason }
  const { names, ...about } = autoencoder.found
  return { kind: 'autoencoder', ...about, scaling: await scalingOf(state, options), ...partOf(state, names) }
}

function tried<T>(describe: () => T): { readonly found: T } | { readonly reason: string } {
  try {
    return { found: describe() }
  } catch (error) {
    if (error instanceof StableSigError) return { reason: error.message }
    throw error
  }
}

type Faults = Pick<ExtractorDescription, 'missing' | 'unexpected' | 'wrong'>
const faults = ({ missing, unexpected, wrong }: Faults): number => missing.length + unexpected.length + wrong.length

async function scalingOf(state: StateDict, options: ArchitectureOptions) {
  const unknown = { kind: 'unknown', scale: 1, shift: 0 } as const
  const { kind, scale, shift } = await readLatentScaling(state, options).catch((error: unknown) => {
    if (error instanceof StableSigError) return unknown
    throw error
  })
  return { kind, scale, shift }
}

function partOf(state: StateDict, names: ReadonlyMap<string, string>): Part {
  const own = [...names.values()].flatMap((name) => state.tensors.get(name) ?? [])
  const bytes = own.reduce((sum, tensor) => sum + bytesOf(tensor), 0)
  return { tensors: own.length, bytes, dtypes: [...new Set(own.map(({ dtype }) => dtype))].sort() }
}
