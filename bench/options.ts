import { parseArgs } from 'node:util'

export const names = ['finetune', 'sign', 'detect', 'identify'] as const
export type BenchName = (typeof names)[number]

/** What is measured, and which variant of the peer it is set against. */
export interface Options {
  readonly bench: BenchName
  /** Pixels of a side; for identify the number of users. */
  readonly size: number
  readonly batch: number
  /** Peer of finetune: latents and original decodes computed once, before the first step. */
  readonly cached: boolean
  /** Peer of detect: frozen and optimised for inference. */
  readonly freeze: boolean
  /** detect: reading, decoding and resizing of the JPEG files included, on both sides. */
  readonly withReading: boolean
  /** sign: what the key is made from. */
  readonly keySeed: string
  readonly json: boolean
}

const usage = `bench finetune --size 128|256 [--batch 4] [--cached] [--json]
bench sign [--size 256] [--key-seed TEXT] [--json]
bench detect [--size 256] [--batch 1] [--freeze] [--with-reading] [--json]
bench identify [--size USERS] [--json]`

const defaults: Readonly<Record<BenchName, { size: number; batch: number }>> = {
  finetune: { size: 256, batch: 4 },
  sign: { size: 256, batch: 4 },
  detect: { size: 256, batch: 1 },
  identify: { size: 1e6, batch: 1 },
}

/** @throws Error with the usage, on anything it does not know */
export function parseOptions(args: readonly string[]): Options {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        size: { type: 'string' },
        batch: { type: 'string' },
        cached: { type: 'boolean', default: false },
        freeze: { type: 'boolean', default: false },
        'with-reading': { type: 'boolean', default: false },
        'key-seed': { type: 'string', default: 'bench' },
        json: { type: 'boolean', default: false },
      },
    })
    const bench = names.find((name) => name === positionals[0])
    if (!bench || positionals.length !== 1) throw new Error(`which of ${names.join(', ')}?`)
    const count = (name: 'size' | 'batch'): number => {
      const value = Number(values[name] ?? defaults[bench][name])
      if (!Number.isInteger(value) || value < 1)
        throw new Error(`--${name} ${values[name]}: expected a whole number from 1`)
      return value
    }
    const { cached, freeze, json, 'with-reading': withReading, 'key-seed': keySeed } = values
    return { bench, size: count('size'), batch: count('batch'), cached, freeze, withReading, keySeed, json }
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : error}\n${usage}`)
  }
}
