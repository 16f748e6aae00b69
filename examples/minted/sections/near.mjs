// @ts-check
import { decide, Registry } from '@stablesig/core'
import { readLogits } from '@stablesig/core/detection'
import { keyBits, keyFromBits, randomKeys } from '@stablesig/core/key'
import { eachBatch, pictures } from '../../limits/pictures.mjs'
import { userOf } from '../user.mjs'

const DISTANCES = [1, 2, 4, 8]
const FPR = 1e-6

/**
 * Two users whose keys differ in few bits: who is named for pictures of the second?
 * @param {import('../world.mjs').MintedWorld} world
 */
export async function near(world) {
  const { extractor, photographs, images, size, registry: registered } = world
  const [first] = world.users
  if (!first) return
  const others = randomKeys(registered - 2, extractor.bits, { seed: 'others' })
  for (const distance of DISTANCES) {
    const key = keyFromBits(keyBits(first.key).map((bit, i) => (i < distance ? 1 - bit : bit)))
    const second = await userOf(world, 'second', key)
    const registry = new Registry(extractor.bits)
    for (const { name, key } of [first, second]) registry.add(name, key)
    for (const [i, key] of others.entries()) registry.add(`other-${i}`, key)
    const named = { right: 0, neighbour: 0, tie: 0, nobody: 0, another: 0 }
    await eachBatch(photographs, { size, count: images }, async (batch) => {
      const made = await pictures(world, second.decoder, batch)
      for (const outcome of await readLogits(made, { extractor })) {
        if (!outcome.ok) throw outcome.error
        const { user, verdict } = decide(outcome.value, { registry, fpr: FPR })
        if (user === second.name) named.right++
        else if (user === first.name) named.neighbour++
        else if (user) named.another++
        else if (verdict === 'tie') named.tie++
        else named.nobody++
      }
      made.dispose()
    })
    second.decoder.dispose()
    console.log(
      `keys ${distance} bits apart: right ${named.right}, the neighbour ${named.neighbour}, a tie ${named.tie}, nobody ${named.nobody}, another ${named.another} of ${images}`,
    )
  }
}
