import { unitToBytes } from '@stablesig/core/images'
import {
  gradientFree,
  homogeneity,
  scoreThreshold,
  shiftedErrors,
  type Turn,
  turnedErrors,
  twoPass,
} from '@stablesig/core/tracing'
import { conformalPValue, grubbsCritical, grubbsStatistic, log10PredictiveTail } from '@stablesig/stats'
import type { Topic } from '../topic.ts'
import { argument, nchwValues, onEngine, valuesOf } from './networks.ts'
import { imagesOf, openTraced, scoresOf } from './tracing-networks.ts'

const runners: Topic['runners'] = {
  async 'trace-two-pass'(context) {
    const autoencoder = await openTraced(context)
    const images = await imagesOf(context)
    const results = await twoPass(autoencoder, images, { clamp: context.case.args.clamp === true })
    const column = (name: 'first' | 'second' | 'ratio') => results.map((result) => result[name])
    context.compare('L1', column('first'))
    context.compare('L2', column('second'))
    context.compare('t', column('ratio'))
    const [count, , width] = images.shape
    const bytes = unitToBytes(await images.data())
    const each = bytes.length / count
    const pictures = Array.from({ length: count }, (_, i) => bytes.subarray(i * each, (i + 1) * each))
    context.compare(
      'H',
      pictures.map((picture) => homogeneity(picture, width, 'squared')),
    )
    context.compare(
      'Habs',
      pictures.map((picture) => homogeneity(picture, width, 'absolute')),
    )
    images.dispose()
    autoencoder.dispose()
  },
  async 'trace-turned'(context) {
    const autoencoder = await openTraced(context)
    const images = await imagesOf(context)
    const turns = argument.texts(context.case.args.turns, 'turns') as Turn[]
    const columns: number[][] = []
    for (const errors of turnedErrors(autoencoder, images, turns))
      columns.push(Array.from(await valuesOf(errors), Math.log))
    const [own = [], ...turned] = columns
    context.compare('own', own)
    context.compare(
      'turned',
      own.flatMap((_, i) => turned.map((column) => column[i] ?? Number.NaN)),
    )
    context.compare(
      'u',
      own.map((value, i) => value - turned.reduce((sum, column) => sum + (column[i] ?? Number.NaN), 0) / turned.length),
    )
    images.dispose()
    autoencoder.dispose()
  },
  async 'trace-shifted'(context) {
    const autoencoder = await openTraced(context)
    const images = await imagesOf(context)
    const block = argument.number(context.case.args.block, 'block')
    const [aligned, shifted] = shiftedErrors(autoencoder, images, block)
    if (!aligned || !shifted) throw new Error('no errors')
    const [a, b] = [await valuesOf(aligned), await valuesOf(shifted)]
    context.compare('aligned', a)
    context.compare('shifted', b)
    context.compare(
      's',
      Array.from(a, (value, i) => Math.log(value / (b[i] ?? Number.NaN))),
    )
    images.dispose()
    autoencoder.dispose()
  },
  async 'trace-gradient-free'(context) {
    const { rho, beta, steps } = context.case.args
    const autoencoder = await openTraced(context)
    const images = await imagesOf(context)
    const { results, latents } = await gradientFree(autoencoder, images, {
      rounds: argument.number(steps, 'steps'),
      rate: argument.number(rho, 'rho'),
      momentum: argument.number(beta, 'beta'),
    })
    context.compare(
      'losses',
      results.flatMap(({ losses }) => losses),
    )
    context.compare('z', await nchwValues(latents))
    for (const name of ['drop', 'excess'] as const)
      context.compare(
        name,
        results.map((result) => result[name]),
      )
    images.dispose()
    autoencoder.dispose()
  },
  async 'trace-p-values'(context) {
    const foreign = await scoresOf(context, 'foreign')
    const scores = await scoresOf(context, 'scores')
    if (context.case.args.method === 'student') {
      const lnTail = (score: number) => log10PredictiveTail(score, foreign, 'lower') * Math.LN10
      context.compare('lnP', scores.map(lnTail))
      return
    }
    const belonging = await scoresOf(context, 'belonging')
    context.compare(
      'pBelongs',
      scores.map((score) => conformalPValue(score, belonging, 'upper')),
    )
    context.compare(
      'pForeign',
      scores.map((score) => conformalPValue(score, foreign, 'lower')),
    )
  },
  async 'trace-threshold'(context) {
    const { args } = context.case
    const alpha = argument.number(args.alpha, 'alpha')
    const belonging = await scoresOf(context, 'belonging')
    if (args.rule === 'kde') {
      context.compare('threshold', [scoreThreshold('kde', belonging, alpha)])
      return
    }
    const scores = await scoresOf(context, 'scores')
    context.compare(
      'g',
      scores.map((score) => grubbsStatistic(score, belonging)),
    )
    context.compare('critical', [grubbsCritical(belonging.length, alpha)])
  },
}

export const topic: Topic = { name: 'tracing', runners: onEngine(runners) }
