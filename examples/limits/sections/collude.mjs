// @ts-check
import { averageDecoders, averageImages } from '@stablesig/core/evaluation'
import { dispose } from '@tensorflow/tfjs-core'
import { eachBatch, pictures, stored } from '../pictures.mjs'

/** Two to five users who average their decoders, or their pictures. @param {Pick<import('../pictures.mjs').World, 'judge' | 'photographs' | 'images' | 'size' | 'users' | 'autoencoder'>} world */
export async function collude(world) {
  const { judge, photographs, images, size, users } = world
  for (let count = 2; count <= Math.min(5, users.length); count++) {
    const group = users.slice(0, count)
    const [weights, mean] = [`${count} decoders averaged`, `${count} pictures averaged`]
    const decoder = averageDecoders(group.map(({ decoder }) => decoder))
    await eachBatch(photographs, { size, count: images }, async (batch) => {
      const each = []
      for (const { decoder } of group) each.push(await pictures(world, decoder, batch))
      const [signed] = each
      if (!signed) return
      const ofWeights = await pictures(world, decoder, batch)
      const ofPictures = await stored(averageImages(each))
      await judge.count(weights, ofWeights, signed, group)
      await judge.count(mean, ofPictures, signed, group)
      dispose([...each, ofWeights, ofPictures])
    })
    decoder.dispose()
    judge.show(weights)
    judge.show(mean)
  }
}
