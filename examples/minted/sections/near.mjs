// @ts-check
import { decide } from '@stablesig/core'
import { readLogits } from '@stablesig/core/detection'
import { keyBits, keyFromBits } from '@stablesig/core/key'
import { FPR, registryOf } from '../../limits/judge.mjs'
import { eachBatch, pictures } from '../../limits/pictures.mjs'
import { userOf } from '../user.mjs'

const DISTANCES = [1, 2, 4, 8]

/**
 * Two users whose keys differ in few bits: who is named for pictures of the second?
 * @param {import('../world.mjs').MintedWorld} world
 */
export async function near(world) {
  const { extractor, photographs, images, size, registry: registered } = world
  const [first] = world.users
  if (!first) return
  for (const distance of DISTANCES) {
    const key = keyFromBits(keyBits(first.key).map((bit, i) => (i < distance ? 1 - bit : bit)))
    const second = await userOf(world, 'second', key)
    const registry = registryOf(extractor.bits, [first, second], registered)
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
