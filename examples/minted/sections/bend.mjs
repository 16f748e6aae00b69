// @ts-check
import { keyBits, keyFromBits } from '@stablesig/core/key'
import { add, dispose, mul, sub, tidy } from '@tensorflow/tfjs-core'
import { eachBatch, pictures } from '../../limits/pictures.mjs'

/** How far a user goes from the original decoder to the minted one. */
const SHARES = [1, 0.75, 0.5, 0.25, 0, -1]

/**
 * A user who has the original decoder too, and goes a share of the way to the minted one, or the other way.
 * @param {import('../world.mjs').MintedWorld} world
 */
export async function bend(world) {
  const { judge, photographs, images, size } = world
  const [user] = world.users
  if (!user) return
  const inverted = keyFromBits(keyBits(user.key).map((bit) => 1 - bit))
  for (const share of SHARES) {
    const decoder = bent(user.decoder, share)
    const name = `${share} of the scales`
    await eachBatch(photographs, { size, count: images }, async (batch) => {
      const minted = await pictures(world, user.decoder, batch)
      const made = await pictures(world, decoder, batch)
      await judge.count(name, made, minted, [user])
      if (share < 0) await judge.count('the same, read as the inverted key', made, minted, [{ ...user, key: inverted }])
      dispose([minted, made])
    })
    decoder.dispose()
    judge.show(name)
    if (share < 0) judge.show('the same, read as the inverted key')
  }
}

/**
 * The user's scales and shifts, so far from those that change nothing.
 * @param {import('@stablesig/core').LatentDecoder} decoder with its scales beside the weights
 * @param {number} share
 * @returns {import('@stablesig/core').LatentDecoder}
 */
function bent(decoder, share) {
  const own = tidy(() =>
    Object.fromEntries(
      Object.entries(decoder.weights).flatMap(([name, tensor]) =>
        name.endsWith('.scale')
          ? [[name, add(mul(sub(tensor, 1), share), 1)]]
          : name.endsWith('.shift')
            ? [[name, mul(tensor, share)]]
            : [],
      ),
    ),
  )
  return { ...decoder, weights: { ...decoder.weights, ...own }, dispose: () => dispose(own) }
}
