import { existsSync, readFileSync } from 'node:fs'
import { ready } from '@stablesig/backend-node'
import { memory } from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lines, testFiles } from './testing/files.ts'
import { type Surroundings, stablesig } from './testing.ts'

const files = testFiles()
const { at, extractor, encoder, decoder } = files
let tensors = 0

/** Runs words that may hold spaces. */
const run = (words: readonly string[], around?: Surroundings) => stablesig(words, around)

beforeAll(async () => {
  await ready({ device: 'cpu' })
  await files.write()
  tensors = memory().numTensors
})
afterAll(() => {
  expect(memory().numTensors).toBe(tensors)
  files.remove()
})

describe('sign', () => {
  const arguments_ = (out: string, ...more: string[]) => [
    ...['sign', '--encoder', encoder, '--decoder', decoder, '--extractor', extractor, '--images', at('photos')],
    ...['--key', '10110010', '--size', '32', '--steps', '4', '--batch', '2', '--held-out', '2', '--out', out, ...more],
  ]

  test('writes a decoder with a card, and reports', async () => {
    const result = await run(arguments_(at('signed.safetensors'), '--delta', at('signed.delta'), '--json'))
    // A network of random weights reads alike on every image, and nothing else is told.
    expect([result.code, result.err]).toEqual([0, expect.stringMatching(/^stablesig: warning: .*not centred.*\n$/)])
    const [report] = lines(result)
    expect(report).toMatchObject({
      out: at('signed.safetensors'),
      bits: 8,
      steps: 4,
      batchSize: 2,
      lambdaImage: expect.any(Number),
      heldOut: { images: 2, size: 256, total: 16, psnr: expect.any(Number), ssim: expect.any(Number) },
      peakRssMB: expect.any(Number),
    })
    expect(existsSync(at('signed.safetensors.checkpoint'))).toBe(false)
    expect(result.out + readFileSync(at('signed.safetensors'), 'latin1')).not.toContain('10110010')
    const [about] = lines(await run(['inspect', '--json', at('signed.safetensors')]))
    const [before] = lines(await run(['inspect', '--json', decoder]))
    expect(about.metadata).toMatchObject({
      format: 'pt',
      key_id: report.keyId,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1)
    expect(about.tensors.sort(byName)).toEqual(before.tensors.sort(byName))
    expect(
      (
        await run([
          'reconstruct',
          '--encoder',
          encoder,
          '--decoder',
          at('signed.safetensors'),
          '--out',
          at('out'),
          at('odd.png'),
        ])
      ).code,
    ).toBe(0)
  })

  test('a delta gives the signed decoder again, byte for byte; one between the two files says the same', async () => {
    const applied = await run(['apply', decoder, at('signed.delta'), '--out', at('applied.safetensors'), '--json'])
    expect([applied.code, applied.err]).toEqual([0, ''])
    expect(readFileSync(at('applied.safetensors')).equals(readFileSync(at('signed.safetensors')))).toBe(true)
    const card = JSON.parse(readFileSync(at('signed.card.json'), 'utf8'))
    const [report] = lines(applied)
    expect(report).toMatchObject({ form: 'decoder', keyId: card.signing.key.id, signedHash: card.output.tensorsSha256 })
    const between = await run(['delta', decoder, at('signed.safetensors'), '--out', at('between.delta'), '--json'])
    expect(lines(between)[0]).toMatchObject({ signedHash: report.signedHash, encodings: { pattern: 0, whole: 0 } })
    const wrong = await run(['apply', encoder, at('signed.delta'), '--out', at('none.safetensors')])
    expect([wrong.code, wrong.out]).toEqual([2, ''])
    const over = await run(['apply', decoder, at('signed.delta'), '--out', decoder])
    expect(over).toMatchObject({ code: 2, err: expect.stringContaining('would overwrite') })
  })

  test('stops when the quality asked for is reached, and ends with 1 when it was not', async () => {
    const out = at('until.safetensors')
    const early = await run(arguments_(out, '--until-psnr', '3', '--until-every', '2', '--json'))
    expect(early.code).toBe(0)
    expect(lines(early)[0]).toMatchObject({ stepsDone: 2, earlyStopping: { minPsnr: 3, reached: true, step: 2 } })
    const never = await run(arguments_(out, '--until-bits', '1', '--until-psnr', '90'))
    expect([never.code, never.out]).toEqual([1, expect.stringMatching(/aim +NOT reached in 8 steps/)])
    expect(existsSync(out)).toBe(true)
  })

  test('Ctrl-C leaves a checkpoint; the same command goes on from there to the same decoder, another is refused', async () => {
    const out = at('stopped.safetensors')
    const controller = new AbortController()
    const stopAtStep = (text: string) => /^1\/4/.test(text) && controller.abort()
    const stopped = await run(arguments_(out), { signal: controller.signal, onErr: stopAtStep })
    expect(stopped).toMatchObject({
      code: 130,
      out: '',
      err: expect.stringMatching(/stablesig: interrupted: stopped after 1 of 4/),
    })
    expect(existsSync(out)).toBe(false)
    expect(existsSync(`${out}.checkpoint`)).toBe(true)

    const other = await run(arguments_(out, '--lr', '1e-3'))
    expect([other.code, other.err]).toEqual([
      2,
      expect.stringMatching(
        /stopped\.safetensors\.checkpoint: .*other arguments.*recipe\.learningRate \(was \S+, is 0\.001\).*\(bad-checkpoint\)/,
      ),
    ])

    const resumed = await run(arguments_(out, '--json'))
    expect(lines(resumed)[0]).toMatchObject({ resumedAt: 1 })
    expect(existsSync(`${out}.checkpoint`)).toBe(false)
    const whole = await run(['inspect', '--json', out])
    await run(arguments_(at('straight.safetensors'), '--json'))
    const straight = await run(['inspect', '--json', at('straight.safetensors')])
    expect(lines(whole)[0].metadata.sha256).toBe(lines(straight)[0].metadata.sha256)
  })

  test.each([
    ['an --out whose folder is missing', ['--out', at('none', 'x.safetensors')], /folder .*none does not exist/],
    ['images that are not there', ['--images', at('nowhere')], /nowhere: no such file/],
    ['an interval without an aim', ['--until-every', '2'], /needs --until-bits or --until-psnr/],
    ['an aim with nothing to judge it on', ['--until-psnr', '28', '--held-out', '0'], /need held-out images/],
    ['more held out than there are', ['--held-out', '12'], /leaves none of the 12 images/],
    ['a decoder that is not there', ['--decoder', at('none.pth')], /none\.pth: no such file/],
    ['an encoder that is an extractor', ['--encoder', extractor], /extractor\.safetensors/],
    ['a preset that is not known', ['--preset', 'slow'], /Allowed choices are subtle, balanced, robust, published/],
    ['a key of another length', ['--key', '1011'], /bits/],
    ['a size that is no multiple of 8', ['--size', '30'], /multiple of 8/],
  ])('%s is refused', async (_, more, message) => {
    const result = await run([...arguments_(at('refused.safetensors')), ...more])
    expect([result.code, result.out]).toEqual([2, ''])
    expect(result.err).toMatch(message)
    expect(existsSync(at('refused.safetensors'))).toBe(false)
  })
})
