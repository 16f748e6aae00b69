import {
  asUnitImages,
  finetuneDecoder,
  keyFromBits,
  loadAutoencoder,
  loadExtractor,
  type UnitImages,
} from '@stablesig/core'
import { mse } from '@stablesig/core/losses'
import { decode, encode, extractLogits } from '@stablesig/core/models'
import {
  adamW,
  type FinetuneProgress,
  finetuneStep,
  flatLayout,
  flatOptimizer,
  flatten,
  unflatten,
  warmupCosine,
} from '@stablesig/core/training'
import type { Weights } from '@stablesig/core/weights'
import * as tf from '@tensorflow/tfjs-core'
import type { GoldenContext, Topic } from '../topic.ts'
import { argument, must, nchwValues, nhwc, openBeside, openReal, useEngine, valuesOf } from './networks.ts'

export const topic: Topic = {
  name: 'finetune',
  runners: {
    /** The whole trajectory through finetuneDecoder; the gradients of step 0 through the step that it is made of. */
    async finetune(context) {
      await useEngine()
      const { case: golden, compare, check } = context
      const { args } = golden
      const number = (name: string) => argument.number(args[name], name)
      const stored = await context.tensors()
      const pictures = stored.get('images')
      const x = await asUnitImages(pictures ? nhwc(pictures, 255) : nhwc(must(stored, 'x')))
      const bits = must(stored, 'key').values
      const { autoencoder, extractor } = await openNetworks(context)
      const [count, height, width] = x.shape

      const latents = encode(autoencoder, x)
      const originals = decode(autoencoder, latents)
      compare('z', await nchwValues(tf.clone(latents)))
      compare('d0', await nchwValues(tf.clone(originals)))

      const layout = flatLayout(autoencoder.decoder.weights)
      const names = argument.texts(args.tensors, 'tensors')
      check(names.join() === [...layout.names].join(), `the decoder's tensors are ${layout.names}, expected ${names}`)
      const { decoder } = autoencoder
      const model = {
        decoder,
        extractor,
        layout,
        imageLoss: mse(),
        lambdaImage: number('lambda_i'),
        temperature: number('temperature'),
        optimizer: adamW({ weightDecay: number('weight_decay') }),
      }
      const key = tf.tensor2d(Float32Array.from(bits), [1, bits.length])
      const weights = flatten(layout, decoder.weights)
      const optimizer = flatOptimizer(model.optimizer, layout).init(weights)
      const batch = { latents, originals }
      const step = finetuneStep(model, { weights, optimizer }, batch, key, { step: 1, learningRate: 0 })
      compare('grad_norms', await norms(unflatten(layout, step.gradient)))
      tf.dispose([step, key, weights, optimizer, originals])

      const progress: FinetuneProgress[] = []
      const { decoder: trained } = await finetuneDecoder({
        autoencoder,
        extractor,
        key: keyFromBits(bits),
        images: { length: count, read: async (index) => tf.slice(x, [index, 0, 0, 0], [1, -1, -1, -1]) as UnitImages },
        preset: 'published',
        steps: number('run'),
        batchSize: count,
        size: Math.min(height, width),
        schedule: warmupCosine({ steps: number('steps'), warmup: number('warmup'), base: number('lr') }),
        weightDecay: number('weight_decay'),
        temperature: number('temperature'),
        lambdaImage: number('lambda_i'),
        onStep: (step) => void progress.push(step),
      })
      for (const name of ['loss', 'lossW', 'lossI'] as const)
        compare(
          name,
          progress.map((step) => step[name]),
        )
      compare(
        'lr',
        progress.map((step) => step.learningRate),
      )
      compare('delta_norms', await norms(difference(trained.weights, decoder.weights)))
      if (golden.outputs.includes('decoded')) {
        const decoded = decode({ decoder: trained }, latents)
        compare('logits', await valuesOf(extractLogits(extractor, decoded)))
        compare('decoded', await nchwValues(decoded))
        compare('checksum', await checksum(trained.weights))
      }
      tf.dispose([x, latents])
      trained.dispose()
      autoencoder.dispose()
      extractor.dispose()
    },
  },
}

async function openNetworks(context: GoldenContext) {
  const { weights } = context.case.args
  if (typeof weights !== 'object' || weights === null) throw new TypeError("the case's weights are no record")
  const file = (part: string) => argument.text(Reflect.get(weights, part), part)
  const real = !file('decoder').endsWith('.safetensors')
  const state = (part: string) => (real ? openReal(context, file(part)) : openBeside(context, file(part)))
  const extractor = await loadExtractor(await state('extractor'))
  const autoencoder = await loadAutoencoder({ encoder: await state('encoder'), decoder: await state('decoder') })
  return { autoencoder, extractor }
}

/** L2 norm of each tensor, which is disposed. */
async function norms(tensors: Record<string, tf.Tensor>): Promise<number[]> {
  const result: number[] = []
  for (const tensor of Object.values(tensors))
    result.push(Math.sqrt((await valuesOf(tensor)).reduce((sum, value) => sum + value * value, 0)))
  return result
}

const difference = (a: Weights, b: Weights): Record<string, tf.Tensor> =>
  Object.fromEntries(Object.entries(a).map(([name, tensor]) => [name, tf.sub(tensor, b[name] ?? 0)]))

/** Sum, and sum of squares, over all weights. */
async function checksum(weights: Weights): Promise<[number, number]> {
  let [sum, squares] = [0, 0]
  for (const tensor of Object.values(weights))
    for (const value of await tensor.data()) {
      sum += value
      squares += value * value
    }
  return [sum, squares]
}
