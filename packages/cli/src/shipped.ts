import { fileURLToPath } from 'node:url'
import { AUTOENCODER_16, EXTRACTOR_48, type ShippedModel } from '@stablesig/models'
import type { Io } from './io.ts'
import type { Options } from './options/description.ts'

type Given = Readonly<Record<string, unknown>>

/**
 * What was given, with the project's own models in the place of those that are not named; each is told of in a line, for a mark
 * is only found by the extractor that it was made for. What signs or trains a minter for our own extractor takes the temperature and the
 * weight of the image loss that suit it, where it has them and unless others, or to sign with another loss, are given. A decoder that is named alone is taken for our own one, signed.
 */
export function withShipped(given: Given, options: Options, io: Io): Given {
  // The presets' numbers are made for another extractor; these ones, which belong together, for mse.
  const suits = options.lambdaImage === undefined || given.imageLoss === undefined || given.imageLoss === 'mse'
  const recipe = Object.entries(EXTRACTOR_48.recipe).filter(
    ([name]) => options[name] !== undefined && given[name] === undefined,
  )
  const wanted = (option: string) => options[option]?.shipped !== undefined && given[option] === undefined
  const stand = (option: string, model: ShippedModel, what: string): Given => ({
    [option]: standIn(option, model, what, io),
  })
  const named = given.encoder !== undefined
  return {
    ...given,
    ...(wanted('extractor') && suits ? Object.fromEntries(recipe) : {}),
    ...(wanted('extractor') ? stand('extractor', EXTRACTOR_48, 'the extractor is') : {}),
    ...(wanted('autoencoder') && !named
      ? given.decoder === undefined
        ? stand('autoencoder', AUTOENCODER_16, 'the autoencoder is')
        : stand('encoder', AUTOENCODER_16, 'the encoder is that of')
      : {}),
  }
}

/** The path of a model of our own in the place of one that --`option` would name, told of in a line that begins with `what`. */
export function standIn(option: string, { name, url }: ShippedModel, what: string, io: Io): string {
  io.err(`stablesig: ${what} our own ${name}; --${option} names another\n`)
  return fileURLToPath(url)
}
