import { parseArgs } from 'node:util'
import type { PresetName } from '@stablesig/core/training'
import { TIMED, WARM_UP } from './measurement.ts'

export const names = ['finetune', 'finetune-kl', 'sign', 'detect', 'identify', 'trace', 'mint', 'pretrain'] as const
const presetNames: readonly PresetName[] = ['subtle', 'balanced', 'robust', 'published']
export type BenchName = (typeof names)[number]

/** What is measured, and which variant of the peer it is set against. */
export interface Options {
  readonly bench: BenchName
  /** Pixels of a side; for identify the number of users. */
  readonly size: number
  readonly batch: number
  /** finetune: steps of the project's run. finetune-kl: timed steps of both sides. trace: iterations of both sides. */
  readonly steps: number
  /** finetune-kl: channels of the decoder by level, that of the image first. */
  readonly widths: readonly number[]
  /** finetune-kl: blocks are computed again in the backward pass, on both sides. */
  readonly gradientCheckpointing: boolean
  /** trace: iterations that the project's side records before it reads their losses. */
  readonly iterationsPerFlush: number
  /** finetune-kl: parts in which the project's side puts a batch through. */
  readonly accumulate: number
  /** Peer of finetune: latents and original decodes computed once, before the first step. */
  readonly cached: boolean
  /** Peer of detect: frozen and optimised for inference. */
  readonly freeze: boolean
  /** detect: reading, decoding and resizing of the JPEG files included, on both sides. */
  readonly withReading: boolean
  /** finetune, detect: our own models on the project's side, and in the peer's place the project with the published ones. */
  readonly own: boolean
  /** sign: how; 'published' is the paper's. */
  readonly preset: PresetName
  /** sign: what the key is made from. */
  readonly keySeed: string
  readonly json: boolean
}

const usage = `bench finetune --size 128|256 [--batch 4] [--steps 7] [--cached | --own] [--json]
bench finetune-kl [--size 64] [--batch 1] [--widths 128,256,512,512] [--steps 5] [--checkpointing] [--accumulate 1] [--json]
bench sign [--size 256] [--preset NAME] [--key-seed TEXT] [--json]
bench detect [--size 256] [--batch 1] [--freeze | --own] [--with-reading] [--json]
bench identify [--size USERS] [--json]
bench trace [--size 256] [--batch 1] [--steps 100] [--flush 1] [--json]
bench mint [--size 256] [--json]
bench pretrain [--size 128] [--batch 16] [--json]`

const defaults: Readonly<Record<BenchName, { size: number; batch: number }>> = {
  finetune: { size: 256, batch: 4 },
  'finetune-kl': { size: 64, batch: 1 },
  sign: { size: 256, batch: 4 },
  detect: { size: 256, batch: 1 },
  identify: { size: 1e6, batch: 1 },
  trace: { size: 256, batch: 1 },
  mint: { size: 256, batch: 1 },
  pretrain: { size: 128, batch: 16 },
}

/** LatentTracer's. */
const ITERATIONS = 100

/** @throws Error with the usage, on anything it does not know */
export function parseOptions(args: readonly string[]): Options {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        size: { type: 'string' },
        batch: { type: 'string' },
        steps: { type: 'string' },
        widths: { type: 'string', default: '128,256,512,512' },
        checkpointing: { type: 'boolean', default: false },
        accumulate: { type: 'string' },
        flush: { type: 'string' },
        cached: { type: 'boolean', default: false },
        freeze: { type: 'boolean', default: false },
        'with-reading': { type: 'boolean', default: false },
        own: { type: 'boolean', default: false },
        preset: { type: 'string', default: 'balanced' },
        'key-seed': { type: 'string', default: 'bench' },
        json: { type: 'boolean', default: false },
      },
    })
    const bench = names.find((name) => name === positionals[0])
    if (!bench || positionals.length !== 1) throw new Error(`which of ${names.join(', ')}?`)
    const kl = bench === 'finetune-kl'
    const steps = bench === 'trace' ? ITERATIONS : kl ? TIMED : WARM_UP + TIMED
    const standard = { ...defaults[bench], steps, accumulate: 1, flush: 1 }
    const count = (name: keyof typeof standard, least = 1): number => {
      const value = Number(values[name] ?? standard[name])
      if (!Number.isInteger(value) || value < least)
        throw new Error(`--${name} ${values[name]}: expected a whole number from ${least}`)
      return value
    }
    if (values.own && bench !== 'finetune' && bench !== 'detect')
      throw new Error('--own belongs to finetune and detect')
    const preset = presetNames.find((name) => name === values.preset)
    if (!preset) throw new Error(`--preset ${values.preset}: expected one of ${presetNames.join(', ')}`)
    const { cached, freeze, own, json, 'with-reading': withReading, 'key-seed': keySeed } = values
    return {
      bench,
      size: count('size'),
      batch: count('batch'),
      steps: count('steps', kl || bench === 'trace' ? 1 : WARM_UP + 1),
      widths: values.widths.split(',').map(Number),
      gradientCheckpointing: values.checkpointing,
      accumulate: count('accumulate'),
      iterationsPerFlush: count('flush'),
      cached,
      freeze,
      withReading,
      own,
      preset,
      keySeed,
      json,
    }
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : error}\n${usage}`)
  }
}
