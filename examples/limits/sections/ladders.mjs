// @ts-check
import { COMPRESSION_LADDERS } from '@stablesig/core/evaluation'
import { applyTransforms, parseTransforms } from '@stablesig/core/transforms'
import { dispose } from '@tensorflow/tfjs-core'
import { eachBatch, pictures, stored, userOf } from '../pictures.mjs'

/** Pictures as networks hand them on. @param {import('../pictures.mjs').World} world */
export async function ladders(world) {
  const { judge, photographs, images, codec } = world
  await eachBatch(photographs, { size: world.ladderSize, count: images }, async (batch, first) => {
    const user = userOf(world, first)
    const signed = await pictures(world, user.decoder, batch)
    await judge.count('unattacked', signed, signed, [user])
    for (const { attack } of COMPRESSION_LADDERS) {
      const attacked = await stored(await applyTransforms(signed, parseTransforms(attack), { codec }))
      const same = attacked.shape.join() === signed.shape.join()
      await judge.count(attack, attacked, same ? signed : null, [user])
      attacked.dispose()
    }
    dispose(signed)
  })
  for (const name of judge.sums.keys()) judge.show(name)
}
