import { nearest } from '@stablesig/weights'
import { StableSigError } from '../../errors.ts'
import type { KlShape } from './kl-plan.ts'

/** What a config tells of a KL or VQ autoencoder. Whether there are quant convolutions may be left to the tensors. */
export interface KlConfig {
  readonly family: 'kl' | 'vq'
  /** 'AutoencoderKL', 'ldm.models.autoencoder.VQModelInterface': for messages. */
  readonly className: string
  readonly encoder: KlShape
  readonly decoder: KlShape
  readonly latents: LatentConfig | null
  /** FLUX.2: statistics of latents are expected in the file, and this is added to variances. */
  readonly batchNormEpsilon?: number
}

export interface TinyConfig {
  readonly family: 'tiny'
  readonly className: string
  readonly latentChannels: number
  readonly latents: LatentConfig | null
}

/** How a generator's latents are scaled, as a config tells. */
export interface LatentConfig {
  readonly scale: number
  readonly shift: number
  /** By channel, in place of the shift. */
  readonly mean?: readonly number[]
  readonly std?: readonly number[]
}

export type AutoencoderConfig = KlConfig | TinyConfig

export type Fields = Readonly<Record<string, unknown>>

export const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const unsupported = (why: string): StableSigError =>
  new StableSigError('unsupported', `the configuration: ${why}`)

/** Blocks of a level, at most, as of one read from tensors: each is a dozen names. */
export const MAX_BLOCKS = 16
/** Sizes in a config are at most this: it is not believed before tensors agree. */
const GREATEST = 2 ** 16

const isCount = (value: unknown, most = GREATEST): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most

/** Reads fields of one object, each with what was found where it is not what it must be. */
export class FieldReader {
  constructor(
    readonly fields: Fields,
    private readonly where = '',
  ) {}

  /** A whole number from 1. @throws StableSigError 'unsupported', as all of these */
  count(name: string, otherwise?: number, most = GREATEST): number {
    const value = this.fields[name] ?? otherwise
    if (isCount(value, most)) return value
    throw unsupported(`${this.where}${name} is ${told(value)}, expected a whole number from 1 to ${most}`)
  }

  counts(name: string, most = 16): number[] {
    const value = this.fields[name]
    if (Array.isArray(value) && value.length >= 1 && value.length <= most && value.every((one) => isCount(one)))
      return value
    throw unsupported(`${this.where}${name} is ${told(value)}, expected a list of 1 to ${most} whole numbers from 1`)
  }

  number(name: string, otherwise: number): number {
    const value = this.fields[name] ?? otherwise
    if (typeof value === 'number' && Number.isFinite(value)) return value
    throw unsupported(`${this.where}${name} is ${told(value)}, expected a number`)
  }

  flag(name: string, otherwise: boolean): boolean {
    const value = this.fields[name] ?? otherwise
    if (typeof value === 'boolean') return value
    throw unsupported(`${this.where}${name} is ${told(value)}, expected true or false`)
  }

  /** One of the values known here. */
  known<T extends string | number | boolean>(name: string, known: readonly T[], otherwise: T): T {
    const value = this.fields[name] ?? otherwise
    const found = known.find((one) => one === value)
    if (found !== undefined) return found
    const near = typeof value === 'string' ? nearest(value, known.map(String), 1) : []
    throw unsupported(
      `${this.where}${name} is ${told(value)}; this library has ${known.join(', ')}${near.length ? ` (nearest: ${near[0]})` : ''}`,
    )
  }
}

/** A value of a configuration, fit for a message. */
export function told(value: unknown): string {
  if (value === undefined) return 'missing'
  const text = JSON.stringify(value) ?? typeof value
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
