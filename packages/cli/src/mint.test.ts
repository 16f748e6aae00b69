import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openAutoencoder, openExtractor, openMinter, ready, writeFileAtomic, writePng } from '@stablesig/backend-node'
import { decode, parseKey } from '@stablesig/core'
import { keyFromBits, randomKeys, revealKey } from '@stablesig/core/key'
import { conditionDecoder, mint, networkHash, writeMinter } from '@stablesig/core/minting'
import { extractorState, noise, tinyState } from '@stablesig/testing/networks'
import { streamSafetensors } from '@stablesig/weights'
import { memory, tensor4d, tidy } from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stablesig } from './testing.ts'

const folder = mkdtempSync(join(tmpdir(), 'stablesig-mint-'))
const at = (...names: string[]) => join(folder, ...names)
const BITS = 12
const key = revealKey(keyFromBits(Array.from({ length: BITS }, (_, i) => i % 3 && 1)))
let tensors = 0

const models = () => [
  ...['--encoder', at('encoder.safetensors'), '--decoder', at('decoder.safetensors')],
  ...['--extractor', at('extractor.safetensors')],
]
const train = (out: string, steps: string) => [
  ...['train-minter', ...models(), '--images', at('pictures'), '--steps', steps, '--size', '16', '--batch', '2'],
  ...[
    '--cut-outs',
    '3',
    '--every',
    '1',
    '--log',
    at(`${out}.jsonl`),
    '--log-every',
    '1',
    '--out',
    at(`${out}.safetensors`),
  ],
]
const minting = (...more: string[]) => [
  'mint',
  '--minter',
  at('minter.safetensors'),
  '--decoder',
  at('decoder.safetensors'),
  ...more,
]

beforeAll(async () => {
  await ready({ device: 'cpu' })
  const shape = { width: 4, latentChannels: 4, pooled: false, spelling: 'taesd' } as const
  for (const part of ['encoder', 'decoder'] as const)
    await writeFileAtomic(at(`${part}.safetensors`), (await streamSafetensors(tinyState(part, shape).tensors)).chunks())
  const extractor = extractorState({ bits: BITS, channels: 4, blocks: 1 })
  await writeFileAtomic(at('extractor.safetensors'), (await streamSafetensors(extractor.tensors)).chunks())
  mkdirSync(at('pictures'))
  for (const name of ['a', 'b'])
    await writePng(at('pictures', `${name}.png`), {
      ...{ name, width: 40, height: 32 },
      data: Uint8Array.from(noise(name, 40 * 32 * 3, 40), (value) => Math.max(0, Math.min(255, 128 + value))),
    })
  tensors = memory().numTensors
}, 60_000)
afterAll(() => {
  expect(memory().numTensors).toBe(tensors)
  rmSync(folder, { recursive: true })
})

describe('a minter', { timeout: 240_000 }, () => {
  test('is the same file where its training was stopped and repeated', async () => {
    expect(await stablesig(train('minter', '3'))).toMatchObject({ code: 0 })
    const controller = new AbortController()
    const stopped = await stablesig(train('parts', '3'), { signal: controller.signal, onErr: () => controller.abort() })
    expect(stopped.err).toMatch(/stopped after 1 of 3 steps; repeat the command to go on/)
    // While the training goes on there is a minter to mint with.
    expect((await openMinter(at('parts.safetensors'))).architecture.bits).toBe(BITS)
    const resumed = await stablesig([...train('parts', '3'), '--json'])
    expect(JSON.parse(resumed.out)).toMatchObject({ resumedAt: 1, steps: 3, recipe: { batchSize: 2 } })
    expect(readFileSync(at('parts.safetensors')).equals(readFileSync(at('minter.safetensors')))).toBe(true)
    const lines = readFileSync(at('minter.jsonl'), 'utf8').trim().split('\n')
    expect(lines.map((line) => JSON.parse(line).step)).toEqual([1, 2, 3])
    expect(JSON.parse(lines[0]!).attacks).toHaveProperty('none')
  })

  test('comes with the extractor that was trained beside it, and is a beginning for the next', async () => {
    const young = ['--extractor-rate', '0.5', '--extractor-out', at('trained.safetensors')]
    expect(await stablesig([...train('joint', '2'), ...young])).toMatchObject({ code: 0 })
    const [minter, extractor] = [
      await openMinter(at('joint.safetensors')),
      await openExtractor(at('trained.safetensors')),
    ]
    expect(minter.extractorHash).toBe(await networkHash(extractor.weights))
    extractor.dispose()
    const next = train('next', '1').map((given) =>
      given === at('extractor.safetensors') ? at('trained.safetensors') : given,
    )
    expect(await stablesig([...next, '--start', at('joint.safetensors')])).toMatchObject({ code: 0 })
    expect((await openMinter(at('next.safetensors'))).extractorHash).toBe(minter.extractorHash)
    const told = await stablesig(['inspect', at('joint.safetensors')])
    expect(told.out).toMatch(/^holds {5}a minter of keys of 12 bits, which scales \d+ convolutions of a decoder$/m)
    expect(JSON.parse((await stablesig(['inspect', '--json', at('joint.safetensors')])).out).holds).toMatchObject({
      ...{ kind: 'minter', extractorHash: minter.extractorHash, architecture: { bits: BITS } },
    })
    const half = await stablesig([...train('half', '1'), '--extractor-rate', '0.5'])
    expect(half).toMatchObject({ code: 2, err: expect.stringContaining('--extractor-out') })
    const over = await stablesig([
      ...train('half', '1'),
      '--extractor-rate',
      '0.5',
      '--extractor-out',
      at('extractor.safetensors'),
    ])
    expect(over).toMatchObject({ code: 2, err: expect.stringMatching(/would overwrite what --extractor reads/) })
    const again = [...train('other', '1'), '--start', at('m.safetensors'), '--start-temperature', '2']
    expect(await stablesig(again)).toMatchObject({ code: 2, err: expect.stringMatching(/begins from nothing/) })
    const other = await stablesig([...train('other', '1'), '--start', at('extractor.safetensors')])
    expect(other.err).toMatch(/not a minter/)
  })

  test('comes with the decoder that was trained beside it, which is the one that it mints of', async () => {
    const beside = ['--decoder-rate', '0.5', '--decoder-out', at('base.safetensors')]
    expect(await stablesig([...train('shared', '2'), ...beside])).toMatchObject({ code: 0 })
    const mintOf = (decoder: string) => {
      const files = ['--minter', at('shared.safetensors'), '--decoder', decoder, '--out', at('of-base.safetensors')]
      return stablesig(['mint', ...files, '--key', key])
    }
    expect((await mintOf(at('decoder.safetensors'))).err).toMatch(/belongs to another decoder/)
    expect(await mintOf(at('base.safetensors'))).toMatchObject({ code: 0 })
    const next = [...train('further', '1'), '--start', at('shared.safetensors')]
    expect((await stablesig(next)).err).toMatch(/belongs to another decoder/)
    expect(await stablesig([...next, '--start-decoder', at('base.safetensors')])).toMatchObject({ code: 0 })
    const bound = (await openMinter(at('shared.safetensors'))).decoderHash
    expect((await openMinter(at('further.safetensors'))).decoderHash).toBe(bound)
    const sign = [
      ...[
        'sign',
        ...models(),
        '--images',
        at('pictures'),
        '--key',
        key,
        '--held-out',
        '0',
        '--size',
        '16',
        '--batch',
        '1',
      ],
      ...['--steps', '1', '--start', 'minter', '--minter', at('shared.safetensors'), '--out', at('from.safetensors')],
    ]
    expect((await stablesig(sign)).err).toMatch(/belongs to another decoder/)
    expect(await stablesig([...sign, '--minter-decoder', at('base.safetensors')])).toMatchObject({ code: 0 })
    const half = await stablesig([...train('half', '1'), '--decoder-out', at('other.safetensors')])
    expect(half.err).toMatch(/--decoder-rate above 0 and --decoder-out FILE belong together/)
    const alone = await stablesig([...train('half', '1'), '--start-decoder', at('base.safetensors')])
    expect(alone.err).toMatch(/--start FILE names the minter/)
  })

  test('mints a decoder that is what the library mints, and its delta gives the same bytes', async () => {
    await strongMinter()
    const minted = await stablesig([...minting('--key', key, '--out', at('signed.safetensors')), '--json'])
    expect(minted).toMatchObject({ code: 0, err: '' })
    const { keyId, made } = JSON.parse(minted.out)
    expect(made).toBe(true)
    expect(minted.out).not.toContain(key)
    const delta = await stablesig(minting('--key', key, '--write', 'delta', '--out', at('one.delta')))
    expect(delta.out).toContain(`key ${keyId}`)
    const applied = ['apply', at('decoder.safetensors'), at('one.delta'), '--out', at('applied.safetensors'), '--json']
    expect(JSON.parse((await stablesig(applied)).out)).toMatchObject({ keyId })
    expect(readFileSync(at('applied.safetensors')).equals(readFileSync(at('signed.safetensors')))).toBe(true)
    await comparePictures()
  })

  test('mints for users what is not there yet, and refuses what is there of another key', async () => {
    await strongMinter()
    const users = ['ann', 'b/ö', '.dot']
    const keys = randomKeys(4, BITS, { seed: 'users' }).map(revealKey)
    writeFileSync(at('users.tsv'), users.map((user, i) => `${user}\t${keys[i]}\n`).join(''))
    const many = (...more: string[]) => stablesig(minting('--keys', at('users.tsv'), '--out', at('deltas'), ...more))
    const first = await many('--write', 'delta', '--json')
    const results = first.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(results.map(({ user, made }) => [user, made])).toEqual(users.map((user) => [user, true]))
    const names = readdirSync(at('deltas'))
    expect(names.sort()).toEqual(['%2Edot.delta', 'ann.delta', 'b%2F%C3%B6.delta'])
    rmSync(at('deltas', 'ann.delta'))
    const kept = statSync(at('deltas', '%2Edot.delta')).mtimeMs
    expect((await many('--write', 'delta')).out).toContain('minted        1 of 3 users')
    expect(statSync(at('deltas', '%2Edot.delta')).mtimeMs).toBe(kept)
    writeFileSync(at('users.tsv'), `ann\t${keys[3]}\n`)
    expect(await many('--write', 'delta')).toMatchObject({
      code: 2,
      err: expect.stringMatching(/made with another key/),
    })
    const whole = await many('--json')
    expect(JSON.parse(whole.out)).toMatchObject({ user: 'ann', made: true })
    expect(JSON.parse((await many('--json')).out)).toMatchObject({ user: 'ann', made: false })
    writeFileSync(at('users.tsv'), `Ann\t${keys[0]}\nann\t${keys[1]}\n`)
    expect((await many()).err).toMatch(/differ in capitals alone/)
  })

  test('is what sign starts with', async () => {
    await strongMinter()
    const line = (...more: string[]) => [
      ...['sign', ...models(), '--images', at('pictures'), '--key', key, '--held-out', '0', '--size', '16'],
      ...['--steps', '1', '--batch', '1', '--json', '--out', at('started.safetensors'), ...more],
    ]
    const refused = await stablesig(line('--start', 'minter'))
    expect(refused).toMatchObject({ code: 2, err: expect.stringMatching(/belong together/) })
    const started = await stablesig(line('--start', 'minter', '--minter', at('minter.safetensors')))
    expect(started).toMatchObject({ code: 0 })
    expect(JSON.parse(started.out)).toMatchObject({ start: 'minter', stepsDone: 1 })
    expect(readFileSync(at('started.safetensors'))).not.toEqual(readFileSync(at('decoder.safetensors')))
  })

  test('is refused for another decoder, and what is not a minter is', async () => {
    const other = tinyState('decoder', { width: 4, latentChannels: 4, pooled: true, spelling: 'taesd' })
    await writeFileAtomic(at('other.safetensors'), (await streamSafetensors(other.tensors)).chunks())
    const line = ['mint', '--minter', at('minter.safetensors'), '--decoder', at('other.safetensors'), '--key', key]
    const refused = await stablesig([...line, '--out', at('never.safetensors')])
    expect(refused).toMatchObject({ code: 2, err: expect.stringMatching(/belongs to another decoder/) })
    const no = ['mint', '--minter', at('decoder.safetensors'), '--decoder', at('decoder.safetensors'), '--key', key]
    expect((await stablesig([...no, '--out', at('never.safetensors')])).err).toMatch(/not a minter/)
    const short = await stablesig(minting('--key', '0101', '--out', at('never.safetensors')))
    expect(short.err).toMatch(/Expected a key of 12 bits/)
    expect((await stablesig(minting('--key', key, '--keys', 'x', '--out', 'y'))).err).toMatch(/cannot be used together/)
  })
})

/** The trained minter with outputs that are far from nothing: three steps make it hardly more. */
async function strongMinter(): Promise<void> {
  const minter = await openMinter(at('minter.safetensors'))
  const values = Object.entries(minter.values).map(([name, old]) => [name, noise(name, old.length, 0.3)] as const)
  await writeFileAtomic(at('minter.safetensors'), writeMinter({ ...minter, values: Object.fromEntries(values) }))
}

/** The minted file, the library's decoder and the conditioned one decode alike; all tensors are freed. */
async function comparePictures(): Promise<void> {
  const encoder = at('encoder.safetensors')
  const original = await openAutoencoder({ encoder, decoder: at('decoder.safetensors') })
  const file = await openAutoencoder({ encoder, decoder: at('signed.safetensors') })
  const minter = await openMinter(at('minter.safetensors'))
  const extractor = await openExtractor(at('extractor.safetensors'))
  expect(minter.extractorHash).toBe(await networkHash(extractor.weights))
  const minted = await mint(minter, original.decoder, parseKey(key))
  const beside = await conditionDecoder(minter, original.decoder, parseKey(key))
  const values = noise('z', 64, 1)
  const [a, b, c] = tidy(() =>
    [file.decoder, minted, beside].map((decoder) => decode({ decoder }, tensor4d(values, [1, 4, 4, 4])).dataSync()),
  )
  expect(Array.from(a!)).toEqual(Array.from(b!))
  const size = Math.max(...a!.map(Math.abs))
  for (const [i, value] of a!.entries()) expect(Math.abs(value - c![i]!)).toBeLessThan(2e-6 * Math.max(1, size))
  for (const one of [original, file, extractor, minted, beside]) one.dispose()
}
