import { basename } from 'node:path'
import type { StateTensor } from '@stablesig/weights'
import { readConfigFile } from '../models/config.ts'
import type { CardFile, DecoderForm, ModelCard, SigningFacts } from './model-card.ts'
import type { SignedOrigin } from './signed-origin.ts'

/** What a card is made from. */
export interface CardParts {
  readonly autoencoder: SignedOrigin
  readonly signing: SigningFacts | null
  readonly form: DecoderForm
  readonly files: readonly CardFile[]
  readonly leftOut: number
  /** The decoder's tensors; their bytes are not read. */
  readonly tensors: ReadonlyMap<string, Pick<StateTensor, 'dtype' | 'shape'>>
  /** `tensorsHash` of them before and after. */
  readonly hashes: { readonly source: string; readonly output: string }
}

/** The card of what was written. Reads the source's files whole, for their checksums. @throws StableSigError 'io' */
export async function cardOf(parts: CardParts): Promise<ModelCard> {
  const { autoencoder, signing, form, files, leftOut, tensors, hashes } = parts
  const { origin, decoder } = autoencoder
  const sums = await origin.sha256()
  const all = [...tensors.values()]
  return {
    kind: 'stablesig-model-card',
    version: 1,
    signing,
    source: {
      files: origin.files.map((path, i) => ({ name: basename(path), sha256: sums[i] ?? '' })),
      tensorsSha256: hashes.source,
    },
    output: { form, files, tensorsSha256: hashes.output, leftOut },
    decoder: {
      family: decoder.family,
      className: await classOf(autoencoder),
      latentChannels: decoder.latentChannels,
      downscale: decoder.downscale,
      tensors: all.length,
      parameters: all.reduce((sum, { shape }) => sum + shape.reduce((count, size) => count * size, 1), 0),
      dtypes: [...new Set(all.map(({ dtype }) => dtype))].sort(),
    },
  }
}

const CLASSES: Readonly<Record<string, string>> = { kl: 'AutoencoderKL', vq: 'VQModel', tiny: 'AutoencoderTiny' }

/** What diffusers calls it: its config says so where there is one. FLUX.2's alone has statistics of latents. */
async function classOf({ origin: { config }, decoder: { family }, latents }: SignedOrigin): Promise<string> {
  const stated = config?.endsWith('.json') ? (await readConfigFile(config))._class_name : undefined
  if (typeof stated === 'string' && /^\w{1,80}$/.test(stated)) return stated
  return latents?.kind === 'batch-norm' ? 'AutoencoderKLFlux2' : (CLASSES[family] ?? family)
}
