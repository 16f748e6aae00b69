import { type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { abortedError } from '../aborted.ts'
import { StableSigError } from '../errors.ts'
import { decode, encode } from '../inference/graphs.ts'
import { psnrOfImages } from '../metrics/psnr-of-images.ts'
import type { Autoencoder } from '../models/autoencoders/autoencoder.ts'
import { checkAutoencoder, checkExtractor } from '../models/check-models.ts'
import { type Extractor, extractorLogits } from '../models/extractor.ts'
import { weakestBit } from '../models/spread.ts'
import { asUnit, unitToImageNet } from '../signal/images.ts'
import type { Key } from '../signal/key.ts'
import { checkedImages, type ImageSet } from '../training/image-set.ts'
import { keyEffort, measureKeyEffort } from './key-effort.ts'

export interface SelfTestOptions {
  readonly autoencoder: Autoencoder
  readonly extractor: Extractor
  /** Photographs without a mark. */
  readonly images: ImageSet
  /** Where one is to be signed: whether it is a hard one. */
  readonly key?: Key | undefined
  /** What logits are to be multiplied by in the message loss: whether it suits the extractor, at a `size` such as 128 that is trained on. */
  readonly temperature?: number | undefined
  /** Their side in pixels. Default 256. */
  readonly size?: number
  /** How many of them are looked at, the first ones. Default 16. */
  readonly count?: number
  readonly signal?: AbortSignal | undefined
}

/** Whether models do what signing takes for granted. */
export interface SelfTest {
  readonly images: number
  /** Mean over images of the autoencoder's PSNR against them, in dB. */
  readonly psnr: number
  /**
   * Mean over bits of |mean logit| divided by the logit's deviation over images that the autoencoder made: about .8/√images where
   * logits are centred.
   */
  readonly bias: number
  /** The logits' deviation over those images, the root of its mean square over bits. */
  readonly deviation: number
  /** What the weakest bit answers of what the middle one does, from the extractor's weights: see `weakestBit`. */
  readonly weakest: { readonly bit: number; readonly share: number }
  /** What the key asks of a picture, where one is given: see `keyEffort`. */
  readonly effort: number | null
  /** What is wrong, a sentence each; empty where nothing is. */
  readonly findings: readonly string[]
}

/** Below this no pair of an encoder and a decoder that belong together is: a mismatched pair gives 5 to 12 dB. */
const MIN_PSNR = 15
/** Fewer images say nothing about a bit's bias. */
const MIN_IMAGES = 8
/** So many times what centred logits show by chance. */
const MAX_BIAS = 2.5
/** A bit that answers less than this share of the middle one is hardly signed: docs/recipes.md. */
const MIN_SHARE = 1 / 3
/** Of ten random keys about one asks more. */
const MAX_EFFORT = 2
/** A temperature of 10 for the published extractor, whose logits deviate by .136 on plain pictures of 128 px. */
const TEMPERED = 1.4
/** Up to so many times that it makes little difference. */
const MAX_TEMPERED = 2

/**
 * A few seconds before hours are spent: does the autoencoder give photographs back, and are the extractor's logits centred on
 * what it makes? Half of the bits of an uncentred extractor read the same whatever the picture, and signing fights that.
 * @throws StableSigError 'bad-argument', 'disposed', 'aborted'; 'shape' or 'bad-image' naming an image by its index
 */
export async function selfTest(options: SelfTestOptions): Promise<SelfTest> {
  const { autoencoder, extractor, size = 256, count = 16, signal } = options
  checkAutoencoder(autoencoder)
  checkExtractor(extractor)
  if (size % autoencoder.decoder.downscale)
    throw new StableSigError('bad-argument', `size is ${size}, expected a multiple of ${autoencoder.decoder.downscale}`)
  const photographs = checkedImages(options.images, 'image')
  const images = Math.min(count, photographs.length)
  if (!(images >= 1)) throw new StableSigError('bad-argument', 'there is no image to test with: count is 1 at least')
  let psnr = 0
  const rows: Float32Array[] = []
  for (let index = 0; index < images; index++) {
    if (signal?.aborted) throw abortedError(signal, '')
    const image = await photographs.read(index, size)
    const [difference, logits] = tidy(() => {
      const made = asUnit(decode(autoencoder, encode(autoencoder, image)) as Tensor4D)
      return [psnrOfImages(made, image), extractorLogits(extractor, unitToImageNet(made))] as const
    })
    image.dispose()
    try {
      psnr += ((await difference.data<'float32'>())[0] ?? Number.NaN) / images
      rows.push(await logits.data<'float32'>())
    } finally {
      difference.dispose()
      logits.dispose()
    }
  }
  const { bias, deviation } = logitsOf(rows)
  const whitened = extractor.whitened === true
  const measure = () => measureKeyEffort({ extractor, images: photographs, count: 1, signal })
  const effort = options.key ? keyEffort(await measure(), options.key) : null
  const found = { images, psnr, bias, deviation, weakest: await weakestBit(extractor), effort }
  return { ...found, findings: findingsOf(found, whitened, options.temperature) }
}

function logitsOf(rows: readonly Float32Array[]): Pick<SelfTest, 'bias' | 'deviation'> {
  const bits = rows[0]?.length ?? 0
  let [sum, squares] = [0, 0]
  for (let j = 0; j < bits; j++) {
    const values = rows.map((row) => row[j] ?? Number.NaN)
    const mean = values.reduce((total, value) => total + value, 0) / values.length
    const variance = values.reduce((total, value) => total + (value - mean) ** 2, 0) / values.length
    sum += Math.abs(mean) / Math.sqrt(variance + 1e-12)
    squares += variance
  }
  return { bias: sum / bits, deviation: Math.sqrt(squares / bits) }
}

/** What is to be done about logits that are not centred. */
const NOT_WHITENED = 'Bits then read alike on every image: whiten it on such images first'
const WHITENED_ELSEWHERE =
  'It was whitened on images unlike these: `calibrate` tells how far its p-values hold for yours'

function findingsOf(
  { images, psnr, bias, deviation, weakest, effort }: Omit<SelfTest, 'findings'>,
  whitened: boolean,
  temperature: number | undefined,
): string[] {
  const findings: string[] = []
  if (!(psnr >= MIN_PSNR))
    findings.push(
      `the autoencoder does not give images back: ${psnr.toFixed(1)} dB over ${images} of them, expected at least ${MIN_PSNR}. ` +
        'Do encoder and decoder belong together, and does the config fit the weights?',
    )
  const most = (MAX_BIAS * 0.8) / Math.sqrt(images)
  if (images >= MIN_IMAGES && !(bias <= most))
    findings.push(
      `the extractor's logits are not centred on plain images: their means are ${bias.toFixed(2)} deviations from 0 over ${images} of ` +
        `them, expected at most ${most.toFixed(2)}. ${whitened ? WHITENED_ELSEWHERE : NOT_WHITENED}`,
    )
  const wanted = TEMPERED / deviation
  if (images >= MIN_IMAGES && temperature !== undefined && !(temperature <= MAX_TEMPERED * wanted))
    findings.push(
      `at a temperature of ${temperature} plain images' own logits, which deviate by ${deviation.toPrecision(2)}, count for more than the key: ` +
        `${wanted.toPrecision(2)} suits this extractor, with a weight of the image loss as many times lower`,
    )
  if (whitened && !(weakest.share >= MIN_SHARE))
    findings.push(
      `bit ${weakest.bit + 1} of the extractor answers ${(1 / weakest.share).toFixed(1)} times less than the middle one: a signed decoder hardly ` +
        'moves it, whatever the key. Where nobody else has to read the marks, `spread` makes an extractor whose bits answer alike',
    )
  if (effort !== null && !(effort <= MAX_EFFORT))
    findings.push(
      `the key asks ${effort.toFixed(1)} times as much of a picture as random ones do on average, so its mark is plainer, or less of it ` +
        'is read: `keygen --among 16` (chooseKeys) draws easier ones',
    )
  return findings
}
