// @ts-check
import { finetuneMarkAway } from '@stablesig/core/evaluation'
import { psnrOfImages } from '@stablesig/core/metrics'
import { dispose } from '@tensorflow/tfjs-core'
import { eachBatch, pictures } from '../pictures.mjs'

/** One user who fine-tunes the signed decoder on clean photographs. @param {import('../pictures.mjs').World} world */
export async function finetune(world) {
  const { judge, photographs, training, images, size, users, autoencoder } = world
  const [user] = users
  if (!user) return
  const evaluate = async (
    /** @type {string} */ name,
    /** @type {import('@stablesig/core').LatentDecoder} */ decoder,
  ) => {
    let decibels = 0
    await eachBatch(photographs, { size, count: images }, async (batch) => {
      const signed = await pictures(world, user.decoder, batch)
      const attacked = await pictures(world, decoder, batch)
      await judge.count(name, attacked, signed, [user])
      const each = psnrOfImages(attacked, batch)
      for (const value of await each.data()) decibels += value
      dispose([signed, attacked, each])
    })
    // What it costs is the distance to the photographs, which the attacker's training brings down.
    judge.show(name, `${name}, ${(decibels / images).toFixed(1)} dB to photographs`)
  }
  await evaluate('not fine-tuned', user.decoder)
  for (const learningRate of world.finetune.rates) {
    const decoder = await finetuneMarkAway({
      ...{ autoencoder: { ...autoencoder, decoder: user.decoder }, images: training, learningRate, seed: 1 },
      ...{ steps: Math.max(...world.finetune.at), decodersAt: world.finetune.at },
      onDecoder: (decoder, step) => evaluate(`${step} steps at ${learningRate}`, decoder),
    })
    decoder.dispose()
  }
}
