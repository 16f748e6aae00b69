// @ts-check
import { addResidual, averageResidual, perturbTowards } from '@stablesig/core/evaluation'
import { add, dispose, div, mul } from '@tensorflow/tfjs-core'
import { eachBatch, pictures, stored } from '../pictures.mjs'

/**
 * @typedef {import('../pictures.mjs').World} World
 * @typedef {import('@tensorflow/tfjs-core').Tensor4D} Tensor4D
 */

/** How often a copied residual is added. */
const STRENGTHS = [1, 2]

/** A victim's key on photographs that no signed decoder made: whoever is accused is accused wrongly. @param {World} world */
export async function forge(world) {
  const { judge, photographs, images, extractor, levels, gradient, residuals, users } = world
  const [victim] = users
  if (!victim) return
  const copies = await copied(world, victim, residuals)
  const forged = { innocent: true }
  await eachBatch(photographs, { size: gradient.size, count: images, from: images }, async (photograph) => {
    await judge.count('unattacked', photograph, photograph, [victim], forged)
    for (const maxLevels of levels) {
      const attacked = await stored(
        await perturbTowards(photograph, { extractor, key: victim.key, maxLevels, steps: gradient.steps }),
      )
      await judge.count(`extractor and key known, ${maxLevels}/255`, attacked, photograph, [victim], forged)
      attacked.dispose()
    }
    for (const [count, residual] of copies)
      for (const strength of STRENGTHS) {
        const attacked = await stored(addResidual(photograph, residual, strength))
        const name = `mark of ${count} pictures copied, x${strength}`
        await judge.count(name, attacked, photograph, [victim], forged)
        attacked.dispose()
      }
  })
  for (const name of judge.sums.keys()) judge.show(name)
  for (const residual of copies.values()) residual.dispose()
}

/**
 * Mean residuals of so many of the victim's pictures, beside what the original decoder makes.
 * @param {World} world
 * @param {import('../users.mjs').User} victim
 * @param {readonly number[]} counts
 */
async function copied(world, victim, counts) {
  /** @type {Map<number, Tensor4D>} */
  const means = new Map()
  for (const count of counts) {
    /** @type {Tensor4D | null} */
    let sum = null
    await eachBatch(world.training, { size: world.gradient.size, count }, async (batch) => {
      const signed = await pictures(world, victim.decoder, batch)
      const unsigned = await pictures(world, world.autoencoder.decoder, batch)
      const residual = averageResidual(signed, unsigned)
      const weighted = mul(residual, batch.shape[0])
      const before = sum
      sum = /** @type {Tensor4D} */ (before ? add(before, weighted) : weighted.clone())
      await sum.data()
      dispose([signed, unsigned, residual, weighted, ...(before ? [before] : [])])
    })
    if (!sum) continue
    means.set(count, div(sum, count))
    dispose(sum)
  }
  return means
}
