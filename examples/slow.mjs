// @ts-check
// A loop that is slow on a compiling engine, for two reasons that its trace names: see docs/engine.md.
//   STABLESIG_TRACE=slow.jsonl npx -y pnpm@12 example slow && npx -y pnpm@12 trace slow.jsonl
import { ready } from '@stablesig/backend-node'
import * as tf from '@tensorflow/tfjs-core'

await ready({ device: 'cpu' })
const pictures = tf.randomUniform([4, 64, 64, 3])
let brightness = 1
for (let step = 0; step < 6; step++) {
  const mean = tf.tidy(() => {
    // Where to cut is an attribute of the operation: another place is another graph. tf.gather takes places as values.
    const cut = tf.slice(pictures, [0, step, 0, 0], [4, 32, 64, 3])
    // A number is compiled in until it has changed once. tf.tensor1d([brightness]) is a value from the start.
    return tf.mean(tf.mul(cut, brightness))
  })
  console.log(`step ${step + 1}: ${(await mean.data())[0]?.toFixed(4)}`)
  mean.dispose()
  brightness *= 0.9
}
pictures.dispose()
