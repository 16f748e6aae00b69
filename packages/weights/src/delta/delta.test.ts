import seedrandom from 'seedrandom'
import { describe, expect, test } from 'vitest'
import { memorySource } from '../byte-source.ts'
import { fromFloat32 } from '../convert.ts'
import { DTYPE_BYTES } from '../dtype.ts'
import { openWeights } from '../open.ts'
import type { DType, StateTensor } from '../state-dict.ts'
import { expectRefusal } from '../testing.ts'
import { readable, type TensorData, writeSafetensors } from '../writer.ts'
import { addPatternDifferences, fromPlanes, patternDifferences, toPlanes } from './bit-planes.ts'
import { applyDelta, type Delta, makeDelta, makeScalesDelta } from './delta.ts'
import { roundToDelta } from './half-difference.ts'
import { applyScales, type ConvolutionScales, roundToHalf } from './scales.ts'

const random = seedrandom('delta')
const floats = (count: number, size: number) => Float32Array.from({ length: count }, () => (random() - 0.5) * 2 * size)
const bytes = (count: number) => Uint8Array.from({ length: count }, () => Math.floor(random() * 256))

const tensors = (entries: Record<string, [dtype: DType, data: Uint8Array]>): Map<string, StateTensor> =>
  readable(
    new Map(
      Object.entries(entries).map(([name, [dtype, data]]): [string, TensorData] => [
        name,
        { dtype, shape: [data.length / DTYPE_BYTES[dtype]], data },
      ]),
    ),
  )

async function applied(source: Map<string, StateTensor>, { file }: Delta): Promise<Record<string, Uint8Array>> {
  const result = await applyDelta(source, await openWeights(memorySource('d', file)))
  return Object.fromEntries([...result].map(([name, { data }]) => [name, data]))
}

const before = floats(3000, 0.1)
const after = before.map((value, i) => (i % 3 ? value + (random() - 0.5) * 0.01 : value))

describe('bit patterns', () => {
  const odd = Float32Array.of(0, -0, 1, -1, Infinity, -Infinity, NaN, 1e-45, -1e-45, 3.4e38, -3.4e38)
  test.each([
    ['float32', 4],
    ['float16', 2],
    ['bfloat16', 2],
  ] as const)('of %s go from any value to any other and back', (dtype, width) => {
    const all = fromFloat32(odd, dtype)
    const of = (index: (i: number) => number) =>
      Uint8Array.from({ length: odd.length ** 2 * width }, (_, at) => {
        const pair = Math.floor(at / width)
        return all[index(pair) * width + (at % width)] ?? 0
      })
    const [a, b] = [of((i) => Math.floor(i / odd.length)), of((i) => i % odd.length)]
    expect(addPatternDifferences(a, patternDifferences(a, b, width), width)).toEqual(b)
    const [x, y] = [bytes(400 * width), bytes(400 * width)]
    expect(addPatternDifferences(x, patternDifferences(x, y, width), width)).toEqual(y)
  })

  test('a neighbour of a float is one away, across zero too: all but the lowest plane is nothing', () => {
    const next = patternDifferences(
      fromFloat32(Float32Array.of(1, -1e-45), 'float32'),
      fromFloat32(Float32Array.of(1 + 2 ** -23, 0), 'float32'),
      4,
    )
    expect([...next]).toEqual([2, 4, 0, 0, 0, 0, 0, 0])
  })

  test('planes are undone', () => {
    const data = bytes(24)
    for (const width of [1, 2, 4, 8]) expect(fromPlanes(toPlanes(data, width), width)).toEqual(data)
  })
})

describe('a delta', () => {
  test.each(['float32', 'float16', 'bfloat16'] as const)('gives signed %s weights bit for bit', async (dtype) => {
    const source = tensors({ 'conv.weight': [dtype, fromFloat32(before, dtype)], same: [dtype, bytes(8)] })
    const signed = new Map(source).set('conv.weight', tensors({ w: [dtype, fromFloat32(after, dtype)] }).get('w')!)
    const delta = await makeDelta(source, signed)
    expect(delta).toMatchObject({
      changed: { tensors: 1 },
      total: { tensors: 2 },
      encodings: { half: 0, pattern: 1, whole: 0 },
    })
    expect(delta.changed.elements).toBeLessThanOrEqual(2000)
    expect(await applied(source, delta)).toEqual({
      'conv.weight': fromFloat32(after, dtype),
      same: await source.get('same')?.read(),
    })
  })

  test('of weights that were rounded for it takes at most two bytes an element, and they are as signed to eleven bits', async () => {
    const rounded = roundToDelta(before, after)
    for (const [i, value] of rounded.entries()) {
      const change = (after[i] ?? 0) - (before[i] ?? 0)
      expect(Math.abs(value - (after[i] ?? 0))).toBeLessThanOrEqual(Math.abs(change) * 2 ** -11 + 2 ** -25 + 2 ** -28)
    }
    const source = tensors({ w: ['float32', fromFloat32(before, 'float32')] })
    const delta = await makeDelta(source, tensors({ w: ['float32', fromFloat32(rounded, 'float32')] }))
    expect(delta.encodings).toEqual({ half: 1, pattern: 0, whole: 0 })
    expect(delta.file.length).toBeLessThan(2 * before.length)
    expect((await applied(source, delta)).w).toEqual(fromFloat32(rounded, 'float32'))
    expect(roundToDelta(before, rounded)).toEqual(rounded)
  })

  test('keeps zeros with their signs, and dtypes that are no patterns', async () => {
    const zeros = Float32Array.of(0, -0, 0, -0, 1)
    expect([...roundToDelta(zeros, zeros)].map((value) => Object.is(value, -0))).toEqual([
      false,
      true,
      false,
      true,
      false,
    ])
    const source = tensors({
      z: ['float32', fromFloat32(zeros, 'float32')],
      n: ['int64', bytes(16)],
      d: ['float64', bytes(16)],
    })
    const signed = tensors({
      z: ['float32', fromFloat32(Float32Array.of(-0, -0, 0, 0, 1), 'float32')],
      n: ['int64', bytes(16)],
      d: ['float64', bytes(16)],
    })
    const delta = await makeDelta(source, signed)
    for (const [name, data] of Object.entries(await applied(source, delta)))
      expect(data).toEqual(await signed.get(name)?.read())
  })

  test('of equal weights holds nothing', async () => {
    const source = tensors({ w: ['float32', bytes(40)] })
    const delta = await makeDelta(source, source)
    expect(delta.changed).toEqual({ tensors: 0, elements: 0 })
    expect(delta.sourceHash).toBe(delta.resultHash)
    expect(Object.keys(await applied(source, delta))).toEqual(['w'])
  })

  test('may be applied to another spelling of the same tensors: shapes and order do not count', async () => {
    const data = fromFloat32(before.subarray(0, 16), 'float32')
    const source = tensors({ a: ['float32', data], b: ['float32', data] })
    const delta = await makeDelta(
      source,
      tensors({ a: ['float32', fromFloat32(after.subarray(0, 16), 'float32')], b: ['float32', data] }),
    )
    const conv = (name: string): [string, StateTensor] => [name, { ...source.get(name)!, shape: [4, 4, 1, 1] }]
    const result = await applyDelta(new Map([conv('b'), conv('a')]), await openWeights(memorySource('d', delta.file)))
    expect(result.get('a')).toMatchObject({ shape: [4, 4, 1, 1], data: fromFloat32(after.subarray(0, 16), 'float32') })
  })

  describe('is refused', () => {
    const source = tensors({ w: ['float32', fromFloat32(before, 'float32')] })
    const made = makeDelta(source, tensors({ w: ['float32', fromFloat32(after, 'float32')] }))
    const opened = async () => openWeights(memorySource('delta.safetensors', (await made).file))
    const withMetadata = async (changes: Record<string, string>) => {
      const delta = await opened()
      return { ...delta, metadata: { ...delta.metadata, ...changes } }
    }

    test('for another decoder', async () => {
      const other = tensors({ w: ['float32', fromFloat32(after, 'float32')] })
      await expectRefusal(applyDelta(other, await opened()), 'bad-weights', 'belongs to another decoder', 'hash')
    })
    test('for another dtype of the same decoder', async () => {
      const other = tensors({ w: ['float16', fromFloat32(before, 'float16')] })
      await expectRefusal(applyDelta(other, await opened()), 'bad-weights', 'made for float32, the decoder is float16')
    })
    test('for a decoder without its tensors', async () => {
      await expectRefusal(applyDelta(tensors({ v: ['float32', bytes(4)] }), await opened()), 'bad-weights', '"w"')
    })
    test('where it is damaged', async () => {
      const delta = await opened()
      const [name, tensor] = [...delta.tensors][0]!
      const stored = (await tensor.read()).slice(0, -5)
      const cut = { ...delta, tensors: new Map([[name, { ...tensor, read: async () => stored }]]) }
      await expectRefusal(applyDelta(source, cut), 'bad-weights', 'the change of "w"')
      const wrong = await withMetadata({ signed_tensors: 'f'.repeat(64) })
      await expectRefusal(applyDelta(source, wrong), 'bad-weights', 'damaged')
    })
    test.each([
      [{ format: 'pt' }, 'bad-weights', 'no delta'],
      [{ version: '3' }, 'unsupported', '"3"'],
      [{ encodings: '{' }, 'bad-weights', 'JSON'],
      [{ encodings: 'null' }, 'bad-weights', '"w" has no encoding'],
      [{ encodings: '{"w":"fast"}' }, 'bad-weights', 'none of half'],
      [{ encodings: '{"w":"half","v":"half"}' }, 'bad-weights', '"v" is listed'],
    ] as const)('with the header %j', async (changes, code, words) => {
      await expectRefusal(applyDelta(source, await withMetadata(changes)), code, words)
    })
    test('when it is a file of another kind', async () => {
      const file = writeSafetensors({ w: { dtype: 'uint8', shape: [1], data: bytes(1) } })
      await expectRefusal(applyDelta(source, await openWeights(memorySource('x', file))), 'bad-weights', 'no delta')
    })
    test('between decoders that are not alike', async () => {
      await expectRefusal(makeDelta(source, new Map()), 'bad-argument', 'the signed one has no tensor "w"')
      await expectRefusal(makeDelta(new Map(), source), 'bad-argument', 'the original has no tensor "w"')
      const half = tensors({ w: ['float16', fromFloat32(after, 'float16')] })
      await expectRefusal(makeDelta(source, half), 'bad-argument', 'float32', 'float16')
    })
  })

  test('random floats of any bits come back: a thousand pairs', async () => {
    for (const dtype of ['float32', 'float16', 'bfloat16'] as const) {
      const source = tensors({ w: [dtype, bytes(4000)] })
      const signed = tensors({ w: [dtype, bytes(4000)] })
      expect((await applied(source, await makeDelta(source, signed))).w).toEqual(await signed.get('w')?.read())
    }
  })
})

describe('a delta of scales', () => {
  const shaped = (dtype: 'float32' | 'float16'): Map<string, StateTensor> =>
    readable(
      new Map<string, TensorData>([
        ['a.weight', { dtype, shape: [6, 5, 3, 3], data: fromFloat32(floats(270, 0.5), dtype) }],
        ['a.bias', { dtype, shape: [6], data: fromFloat32(floats(6, 0.5), dtype) }],
        ['up.weight', { dtype, shape: [4, 6, 3, 3], data: fromFloat32(floats(216, 0.5), dtype) }],
        ['last.weight', { dtype, shape: [3, 4, 3, 3], data: fromFloat32(floats(108, 0.5), dtype) }],
      ]),
    )
  const scales: ConvolutionScales[] = [
    { name: 'a', scale: roundToHalf(floats(6, 0.5)).map((v) => 1 + v), shift: roundToHalf(floats(6, 0.3)) },
    { name: 'up', scale: roundToHalf(floats(4, 0.5)).map((v) => 1 + v), shift: null },
  ]

  test.each(['float32', 'float16'] as const)(
    'gives the folded %s weights bit for bit, in two bytes a scale',
    async (dtype) => {
      const source = shaped(dtype)
      const folded = await applyScales(source, scales)
      const delta = await makeScalesDelta(source, scales, { card: { key_id: '12345678' } })
      const back = await applied(source, delta)
      for (const [name, { data }] of folded) expect(back[name]).toEqual(data)
      expect(back['last.weight']).toEqual(await source.get('last.weight')!.read())
      expect(delta).toMatchObject({ changed: { tensors: 3, elements: 492 }, total: { tensors: 4, elements: 600 } })
      const opened = await openWeights(memorySource('d', delta.file))
      expect(opened.metadata.key_id).toBe('12345678')
      const stored = [...opened.tensors.values()].map(({ shape }) => shape)
      expect(stored).toEqual([[16]])
      if (dtype === 'float16') return
      const values = async (name: string) => new Float32Array((await source.get(name)!.read()).slice().buffer)
      const [weight, bias] = [await values('a.weight'), await values('a.bias')]
      const made = new Float32Array(back['a.weight']!.slice().buffer)
      const moved = new Float32Array(back['a.bias']!.slice().buffer)
      const { scale, shift } = scales[0]!
      for (let i = 0; i < 270; i++) expect(made[i]).toBe(Math.fround(weight[i]! * scale[Math.floor(i / 45)]!))
      for (let i = 0; i < 6; i++) expect(moved[i]).toBeCloseTo(bias[i]! * scale[i]! + shift![i]!, 6)
    },
  )

  test('is refused for another decoder, and when something in it is wrong', async () => {
    const source = shaped('float32')
    const { file } = await makeScalesDelta(source, scales)
    const refused = async (bytes: Uint8Array, to: Map<string, StateTensor>, word: string) =>
      expectRefusal(applyDelta(to, await openWeights(memorySource('d', bytes))), 'bad-weights', word)
    await refused(file, shaped('float32'), 'belongs to another decoder')
    const text = new TextDecoder('latin1').decode(file)
    const altered = (from: string, to: string) =>
      Uint8Array.from(text.replace(from, to), (character) => character.charCodeAt(0))
    await refused(altered('up-', 'uq-'), source, 'which the decoder does not have')
    await refused(altered('up-', 'a--'), source, 'does not have')
    await refused(altered('"F16"', '"I16"'), source, 'one tensor')
    const damaged = file.slice()
    damaged[damaged.length - 1]! ^= 1
    await refused(damaged, source, 'damaged')
    const odd = [{ ...scales[0]!, scale: scales[0]!.scale.map((value) => value + 1e-5) }]
    await expectRefusal(makeScalesDelta(source, odd), 'bad-argument', 'half precision')
    await expectRefusal(makeScalesDelta(source, [{ ...scales[1]!, name: 'none' }]), 'bad-argument', 'no such tensor')
  })
})
