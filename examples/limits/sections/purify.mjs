// @ts-check
import { purifyImages } from '@stablesig/core/evaluation'
import { dispose } from '@tensorflow/tfjs-core'
import { eachBatch, pictures, stored, userOf } from '../pictures.mjs'

/** Signed pictures through an autoencoder without a mark. @param {import('../pictures.mjs').World} world */
export async function purify(world) {
  const { judge, photographs, images, size, autoencoder, other } = world
  const attacks = [
    { name: 'unattacked' },
    { name: 'the original decoder', autoencoder },
    { name: 'the original, noise .2', autoencoder, noise: 0.2 },
    { name: 'the original, noise .5', autoencoder, noise: 0.5 },
    ...(other ? [{ name: 'another autoencoder', autoencoder: other }] : []),
  ]
  await eachBatch(photographs, { size, count: images }, async (batch, first) => {
    const user = userOf(world, first)
    const signed = await pictures(world, user.decoder, batch)
    for (const { name, autoencoder, noise = 0 } of attacks) {
      const attacked = await stored(
        autoencoder ? await purifyImages(autoencoder, signed, { noise, seed: first }) : signed.clone(),
      )
      await judge.count(name, attacked, signed, [user])
      attacked.dispose()
    }
    dispose(signed)
  })
  for (const { name } of attacks) judge.show(name)
}
