import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { StableSigError } from '../../errors.ts'
import { type Key, keyBits, keyFromBits, parseKey, randomKeys, revealKey } from '../../signal/key.ts'
import { KeyIndex } from './key-index.ts'
import { onesOfTwo, PackedKeys, packBits } from './packed-keys.ts'
import { Registry } from './registry.ts'

const failure = (run: () => unknown): StableSigError => {
  try {
    run()
  } catch (error) {
    if (error instanceof StableSigError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

/** Distinct keys, some of them close to others, so that every small distance occurs. */
function crowd(count: number, bits: number): Key[] {
  const texts = new Set<string>()
  for (const key of randomKeys(4 * count, bits, { seed: `crowd ${bits}` })) {
    const near = keyBits(key)
    for (let i = 0; i <= texts.size % 9 && texts.size < count; i++) {
      near[(i * 7) % bits]! ^= i === 0 ? 0 : 1
      texts.add(revealKey(keyFromBits(near)))
    }
  }
  return [...texts].map((text) => parseKey(text))
}

/** By counting, bit after bit. */
function distancesTo(query: Uint8Array, keys: readonly Uint8Array[]): number[] {
  return keys.map((key) => {
    let sum = 0
    for (let i = 0; i < key.length; i++) if (key[i] !== query[i]) sum++
    return sum
  })
}

function queriesFor(keys: readonly Key[], bits: number): Uint8Array[] {
  const near = [0, 1, 2, 5].map((errors) => {
    const query = keyBits(keys[errors * 311]!)
    for (let i = 0; i < errors; i++) query[(i * 13 + 3) % bits]! ^= 1
    return query
  })
  return [...near, ...randomKeys(3, bits, { seed: 'far' }).map(keyBits)]
}

test('counts the bits of two words', () => {
  expect(onesOfTwo(0, 0)).toBe(0)
  expect(onesOfTwo(0xffffffff, -1)).toBe(64)
  for (let i = 0; i < 32; i++) expect([onesOfTwo(1 << i, 0), onesOfTwo(0, ~(1 << i))]).toEqual([1, 31])
})

describe.each([16, 31, 32, 33, 48, 64, 65, 96, 128, 256])('%i bits', (bits) => {
  const keys = crowd(3000, bits)
  const registry = new Registry(bits)
  keys.forEach((key, i) => {
    registry.add(`user ${i}`, key)
  })
  const expanded = keys.map(keyBits)
  const queries = queriesFor(keys, bits).map((query) => ({ query, distances: distancesTo(query, expanded) }))

  const packed = new PackedKeys(bits)
  for (const key of expanded) packed.append(packBits(key))
  const index = new KeyIndex(packed)

  test.each([0, 1, 2, 3, 7, 12])('search within %i finds all that counting finds', (radius) => {
    for (const { query, distances } of queries) {
      const expected = distances
        .map((distance, i) => ({ user: `user ${i}`, matches: bits - distance, i }))
        .filter(({ matches }) => bits - matches <= radius)
        .sort((a, b) => b.matches - a.matches || a.i - b.i)
        .map(({ user, matches }) => ({ user, matches }))
      expect(registry.search(query, radius)).toEqual(expected)
    }
  })

  test.each([0, 1, 2, 3, 5, 8])('the index alone misses nothing within %i and tells nobody twice', (radius) => {
    for (const { query, distances } of queries.slice(0, 5)) {
      const found: [number, number][] = []
      index.search(packBits(query), radius, (row, distance) => found.push([row, distance]))
      const expected = [...distances.entries()].filter(([, distance]) => distance <= radius)
      expect(found.sort(([a], [b]) => a - b)).toEqual(expected)
    }
  })

  test('nearest gives the best, the runner-up and the ties that counting gives', () => {
    for (const { query, distances } of queries) {
      const sorted = [...distances].sort((a, b) => a - b)
      const { best, runnerUp, tied } = registry.nearest(query)
      expect(best.user).toBe(`user ${distances.indexOf(sorted[0]!)}`)
      expect(best.matches).toBe(bits - sorted[0]!)
      expect(runnerUp?.matches).toBe(bits - sorted[1]!)
      expect(runnerUp?.user).not.toBe(best.user)
      expect(tied).toBe(distances.filter((distance) => distance === sorted[0]).length)
    }
  })

  test('keys come back as they were registered', () => {
    for (const i of [0, 1, 2999]) expect(revealKey(registry.keyOf(`user ${i}`)!)).toBe(revealKey(keys[i]!))
  })
})

test('users added after the index was built are found', () => {
  const keys = crowd(6000, 48)
  const registry = new Registry(48)
  keys.forEach((key, i) => {
    registry.add(`${i}`, key)
    if (i === 2500 || i % 1499 === 0) registry.search(keyBits(key), 1)
  })
  for (let i = 0; i < keys.length; i += 97) {
    expect(registry.search(keyBits(keys[i]!), 0)).toEqual([{ user: `${i}`, matches: 48 }])
  }
})

describe('adding', () => {
  test('a name or a key is taken once', () => {
    const registry = new Registry(4)
    registry.add('one', parseKey('0101'))
    expect(failure(() => registry.add('one', parseKey('1111'))).message).toBe('User "one" is registered twice')
    const same = failure(() => registry.add('two', parseKey('0101')))
    expect(same.code).toBe('bad-registry')
    expect(same.message).toContain('"one" and "two" have the same key')
    expect(same.message).not.toContain('0101')
    expect([...registry.users()]).toEqual(['one'])
    expect(registry.has('two')).toBe(false)
    expect(registry.keyOf('two')).toBeNull()
  })

  test('another length is refused', () => {
    expect(failure(() => new Registry(48).add('one', parseKey('0101'))).code).toBe('bad-key')
    expect(failure(() => new Registry(48).search([0, 1], 0)).code).toBe('shape')
    expect(failure(() => new Registry(2).search([0, -1.5], 0)).message).toContain('Element 2')
    expect(failure(() => new Registry(2).search([0, 1], -1)).code).toBe('bad-argument')
    expect(failure(() => new Registry(0)).code).toBe('bad-argument')
  })

  test.each([
    ['', 'empty'],
    ['a\tb', 'control character'],
    ['x'.repeat(1025), 'at most 1024'],
    ['\ud800', 'well-formed'],
  ])('the name %j is refused', (name, says) => {
    expect(failure(() => new Registry(4).add(name, parseKey('0101'))).message).toContain(says)
  })

  test('names of any script, and those of objects’ own fields, are names', () => {
    const names = ['Ærøskøbing', '小林', '🦊', '__proto__', 'constructor', 'a b', 'A B', '_'.repeat(1024)]
    const registry = new Registry(8)
    randomKeys(20, 8, { seed: 3 })
      .filter((key, i, all) => all.findIndex((other) => revealKey(other) === revealKey(key)) === i)
      .slice(0, names.length)
      .forEach((key, i) => {
        registry.add(names[i]!, key)
      })
    expect([...registry.users()]).toEqual(names)
    for (const name of names) expect(registry.has(name)).toBe(true)
    expect(registry.has('a  b')).toBe(false)
  })
})

test('an empty registry has no nearest user; one of one has no runner-up', () => {
  const registry = new Registry(4)
  expect(failure(() => registry.nearest([0, 1, 0, 1])).code).toBe('bad-registry')
  expect(registry.search([0, 1, 0, 1], 4)).toEqual([])
  registry.add('one', parseKey('0111'))
  expect(registry.nearest([0, 1, 0, 1])).toEqual({ best: { user: 'one', matches: 3 }, runnerUp: null, tied: 1 })
})

test('nothing shows the keys', () => {
  const registry = new Registry(16)
  registry.add('one', parseKey('0101010101010101'))
  for (const shown of [String(registry), JSON.stringify(registry), inspect(registry, { showHidden: true, depth: 9 })]) {
    expect(shown).toContain('Registry(1 users, 16 bits)')
    expect(shown).not.toMatch(/0101|43690|21845/)
  }
})

test('memory is tens of bytes a user', () => {
  const registry = new Registry(48)
  randomKeys(20_000, 48, { seed: 1 }).forEach((key, i) => {
    registry.add(`user-${i}`, key)
  })
  registry.search(new Uint8Array(48), 1)
  expect(registry.bytes / registry.size).toBeLessThan(100)
})
