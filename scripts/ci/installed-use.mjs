// Copied beside an installation of the packed packages and run there by scripts/ci/installed.mjs.
import { join } from 'node:path'
import { createWorkerDetector, ready } from '@stablesig/backend-node'
import { parseKey } from '@stablesig/core'
import { falsePositiveRate, threshold } from '@stablesig/stats'
import * as tf from '@tensorflow/tfjs-core'

const { engine } = await ready({ device: 'cpu' })

// d/dx of sum(x^2) is 2x. tfjs-core's own Node bundle has no gradients: @stablesig/gradients brings them, and only the built package tells.
const gradient = tf.grad((x) => tf.sum(tf.square(x)))(tf.tensor1d([1, -2, 3]))
const values = [...(await gradient.data())]
if (values.join() !== '2,-4,6') throw new Error(`the gradient of x² at 1,-2,3 came out as ${values}`)

const least = threshold(48, 1e-6)
if (!(falsePositiveRate(least, 48) <= 1e-6)) throw new Error(`threshold(48, 1e-6) = ${least} is too low`)

// The worker's file is found in the package, and another engine runs in its thread.
const extractor = join(process.env.STABLESIG_FIXTURES, 'small-square-extractor.safetensors')
const detector = await createWorkerDetector({ extractor, key: parseKey('1010011010010110'), fpr: 1e-3 })
const { total, pValue } = await detector.detect('images/0.png')
if (total !== 16 || !(pValue > 0 && pValue <= 1)) throw new Error(`the worker decided ${total} bits, p-value ${pValue}`)
await detector.close()
console.log(`engine ${engine}, threshold for 1e-6 ${least} of 48`)
process.exit(0)
