import { expect, test } from 'vitest'
import type { SigningFacts } from './model-card.ts'
import { readSigningHeader, signingHeader } from './signing-header.ts'

const facts: SigningFacts = {
  library: { name: 'stablesig', version: '1.2.3' },
  key: { id: '0123abcd', bits: 48 },
  recipe: { steps: 100, learningRate: 5e-4, imageLoss: 'mse', fast: true, note: null },
  figures: { images: 16, size: 256, matches: 760, total: 768, bitAccuracy: 760 / 768, psnr: 31.25, ssim: 0.9375 },
}

test('a signing comes back out of a header', () => {
  expect(readSigningHeader(signingHeader(facts))).toEqual(facts)
  const { library, key } = facts
  expect(readSigningHeader(signingHeader({ library, key, figures: null }))).toEqual({ library, key })
})

test.each([
  [{}],
  [{ key_id: '0101010101' }],
  [{ bits: '0' }],
  [{ bits: '1e9' }],
  [{ signed_with: 'x' }],
  [{ training: '[]' }],
  [{ training: '{"a":{}}' }],
  [{ training: '{"a":"`|\\n"}' }],
  [{ training: '{"a b":1}' }],
  [{ training: '{' }],
  [{ held_out: '{"images":1}' }],
] as const)('%j is no signing', (changes) => {
  const header = Object.keys(changes).length ? { ...signingHeader(facts), ...changes } : {}
  expect(readSigningHeader(header)).toBeNull()
})
