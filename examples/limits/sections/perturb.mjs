// @ts-check
import { keyFromBits, randomKey } from '@stablesig/core'
import { readLogits } from '@stablesig/core/detection'
import { perturbTowards, randomPerturbation } from '@stablesig/core/evaluation'
import { readBits } from '@stablesig/core/metrics'
import { dispose } from '@tensorflow/tfjs-core'
import { eachBatch, pictures, stored, userOf } from '../pictures.mjs'

/** Changes of a few levels: with the extractor's gradient, with another extractor's, without any. @param {import('../pictures.mjs').World} world */
export async function perturb(world) {
  const { judge, photographs, images, extractor, levels, gradient } = world
  const other = await world.openOtherExtractor()
  await eachBatch(photographs, { size: gradient.size, count: images }, async (batch, first) => {
    const user = userOf(world, first)
    const signed = await pictures(world, user.decoder, batch)
    await judge.count('unattacked', signed, signed, [user])
    const random = randomKey(extractor.bits, { seed: `target ${first}` })
    const opposite = (await readLogits(signed, { extractor: other })).map((outcome) => {
      if (!outcome.ok) throw outcome.error
      return keyFromBits(readBits(outcome.value).map((bit) => 1 - bit))
    })
    for (const maxLevels of levels) {
      const { steps } = gradient
      const attacks = {
        'the extractor, to a random key': () => perturbTowards(signed, { extractor, key: random, maxLevels, steps }),
        'another extractor, away from its bits': () =>
          perturbTowards(signed, { extractor: other, key: opposite, maxLevels, steps }),
        'no extractor, random': async () => randomPerturbation(signed, { maxLevels, seed: first }),
      }
      for (const [name, attack] of Object.entries(attacks)) {
        const attacked = await stored(await attack())
        await judge.count(`${name}, ${maxLevels}/255`, attacked, signed, [user])
        attacked.dispose()
      }
    }
    dispose(signed)
  })
  for (const name of [...judge.sums.keys()].sort((a, b) => kind(a).localeCompare(kind(b)))) judge.show(name)
  other.dispose()
}

/** Rows of one kind stand together; sorting keeps the order within. @param {string} name */
const kind = (name) => (name === 'unattacked' ? '' : name.replace(/\d+\/255$/, ''))
