import { fileURLToPath } from 'node:url'
import { AUTOENCODER_16, EXTRACTOR_48, type ShippedModel } from '@stablesig/models'
import type { Io } from './io.ts'
import type { Options } from './options/description.ts'

type Given = Readonly<Record<string, unknown>>

/**
 * What was given, with the project's own models in the place of those that are not named; each is told of in a line, for a mark
 * is only found by the extractor that it was made for. What signs or trains a minter for our own extractor takes the temperature that suits
 * it, and what signs the image loss and its weight too, unless others are given: a weight is of one loss. A decoder that is named alone is taken for our own one, signed.
 */
export function withShipped(given: Given, options: Options, io: Io): Given {
  const { temperature, ...ofImage } = EXTRACTOR_48.recipe
  const sameLoss = given.imageLoss === undefined || given.imageLoss === ofImage.imageLoss
  const recipe: Given = {
    ...(options.temperature ? { temperature } : {}),
    ...(options.lambdaImage && sameLoss ? ofImage : {}),
  }
  const wanted = (option: string) => options[option]?.shipped !== undefined && given[option] === undefined
  const stand = (option: string, model: ShippedModel, what: string): Given => ({
    [option]: standIn(option, model, what, io),
  })
  const named = given.encoder !== undefined
  // --signed names what is signed already.
  const trains = given.signed === undefined
  return {
    ...(wanted('extractor') && trains ? recipe : {}),
    ...given,
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
