// @ts-check
import { finetuneMarkAway } from '@stablesig/core/evaluation'
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
    await eachBatch(photographs, { size, count: images }, async (batch) => {
      const signed = await pictures(world, user.decoder, batch)
      const attacked = await pictures(world, decoder, batch)
      await judge.count(name, attacked, signed, [user])
      // What it costs: distance to the photograph itself, which the attacker's training brings down.
      await judge.count(`${name}: to the photograph`, attacked, batch, [user])
      dispose([signed, attacked])
    })
    judge.show(name)
    judge.show(`${name}: to the photograph`)
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
