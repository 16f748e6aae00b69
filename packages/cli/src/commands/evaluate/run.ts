import { join } from 'node:path'
import { sharpCodec, writeFileAtomic } from '@stablesig/backend-node'
import { StableSigError } from '@stablesig/core'
import { evaluate, summariseEvaluation } from '@stablesig/core/evaluation'
import { checkKey } from '@stablesig/core/key'
import { prepareImages } from '@stablesig/core/training'
import { disposing, type Own } from '../../disposal.ts'
import { EXIT } from '../../exit.ts'
import { type Io, jsonLine } from '../../io.ts'
import { autoencoderAt, extractorAt, startEngine } from '../../models.ts'
import { photographsAt } from '../../photographs.ts'
import { makeProgress, type Progress } from '../../progress.ts'
import type { EvaluateOptions } from './command.ts'
import { signedDecoders } from './decoders.ts'
import { openFolder } from './folder.ts'
import { makePage } from './page/make-page.ts'
import { lookAt } from './pictures.ts'
import { planEvaluation } from './plan.ts'
import { describeEvaluation, reportOf } from './report.ts'
import { evaluationOf, writeResults } from './results.ts'
import { settingsOf } from './settings.ts'

/** Told of beside --fpr: the rate that the field compares marks at. */
const STRICT_FPR = 1e-9

export const run = (options: EvaluateOptions, io: Io): Promise<number> => disposing((own) => measure(own, options, io))

async function measure(own: Own, options: EvaluateOptions, io: Io): Promise<number> {
  const started = performance.now()
  const plan = await planEvaluation(options, io)
  const { source, attacks, out } = plan
  const engine = await startEngine(options)
  const extractor = own(await extractorAt(options.extractor))
  const autoencoder = own(await autoencoderAt(plan.autoencoder))
  const { bits } = extractor
  const keys = source.kind === 'files' ? source.keys : source.keysOf(bits)
  const named = options.keysFile ?? options.keyFiles?.join(', ')
  for (const [i, key] of keys.entries()) checkKey(key, bits, `the extractor (key ${i + 1} of ${named ?? keys.length})`)
  const training = source.kind === 'sign' ? await photographsAt(source.trainingImages, io) : []
  const settings = await settingsOf(plan, { autoencoder, keys, bits }, training, options)
  const size = { keys: keys.length, images: plan.images.length, attacks: attacks.length, bits }
  const folder = await openFolder(out, settings, size)
  const images = prepareImages({ autoencoder, images: plan.images, size: options.size })
  let progress: Progress | undefined
  const models = { engine, extractor, autoencoder }
  const decoders = signedDecoders({ source, keys, models, folder, options, io })
  const rows = await evaluate({
    ...{ autoencoder, extractor, images, attacks, codec: sharpCodec(), done: folder.done, signal: io.signal },
    decoders: {
      length: decoders.length,
      async open(index) {
        progress?.end()
        const signed = await decoders.open(index)
        progress = makeProgress(size.images * size.keys, io, options.json)
        progress.begin(index * size.images + folder.done.filter(({ key }) => key === index).length)
        return signed
      },
    },
    async onRows(made) {
      await folder.append(made)
      const { key = 0, image = 0 } = made.at(-1) ?? {}
      progress?.step(key * size.images + image + 1, `key ${key + 1} of ${size.keys}`)
    },
  })
    .catch((error: unknown) => {
      throw explain(error, out)
    })
    .finally(() => progress?.end())
  const fprs = [...new Set([options.fpr, STRICT_FPR])]
  const summary = summariseEvaluation(rows, { bits, attacks, fprs, identificationFpr: options.fpr })
  const evaluation = evaluationOf({ engine: engine.engine, fpr: options.fpr, settings, summary, rows })
  await writeResults(out, evaluation)
  const page = join(out, 'index.html')
  const pictures = await lookAt(images, plan.images, decoders)
  await writeFileAtomic(page, Buffer.from(await makePage(evaluation, pictures)))
  const seconds = (performance.now() - started) / 1000
  io.out(
    options.json ? jsonLine(reportOf(evaluation, out, page, seconds)) : describeEvaluation(evaluation, page, seconds),
  )
  return EXIT.done
}

function explain(error: unknown, out: string): unknown {
  if (!(error instanceof StableSigError) || error.code !== 'aborted') return error
  const message = error.message.includes('repeat the command')
    ? error.message
    : `${error.message}; repeat the command to go on from ${out}`
  return new StableSigError('aborted', message, { cause: error })
}
