import { clone } from '@tensorflow/tfjs-core'
import { StableSigError } from '../../errors.ts'
import type { UnitImages } from '../../signal/images.ts'
import { compress } from '../codec/compress.ts'
import { differentiableJpeg } from '../codec/simulated-jpeg.ts'
import { brightness } from '../colour/brightness.ts'
import { contrast } from '../colour/contrast.ts'
import { gamma } from '../colour/gamma.ts'
import { grayscale } from '../colour/grayscale.ts'
import { hue } from '../colour/hue.ts'
import { saturation } from '../colour/saturation.ts'
import { gaussianBlur } from '../filters/gaussian-blur.ts'
import { gaussianNoise } from '../filters/gaussian-noise.ts'
import { medianBlur } from '../filters/median-blur.ts'
import { sharpness } from '../filters/sharpness.ts'
import { centerCrop } from '../geometry/crop.ts'
import { horizontalFlip } from '../geometry/flip.ts'
import { limitSide } from '../geometry/limit-side.ts'
import { keystone } from '../geometry/perspective.ts'
import { resizeArea } from '../geometry/resize.ts'
import { rotate } from '../geometry/rotate.ts'
import { CHARACTERS } from '../overlay/font.ts'
import { textOverlay } from '../overlay/text-overlay.ts'
import { codecTransform, type Transform, tensorTransform } from './definition.ts'
import { choiceParameter, numberParameter, textParameter, type ValuesOf, wholeParameter } from './parameter.ts'

const UNBOUNDED = Number.POSITIVE_INFINITY

const factor = (initial: number) => numberParameter('1 changes nothing', initial, { min: 0, max: UNBOUNDED })
const quality = (initial: number) => wholeParameter('quality of the file', initial, { min: 1, max: 100 })
const interpolation = choiceParameter('how it reads between pixels', ['bilinear', 'nearest'])

const COLOURS = { white: [1, 1, 1], black: [0, 0, 0], red: [1, 0, 0], yellow: [1, 1, 0] } as const

/** Every transform that has a name, with its parameters in the order in which a spelling may give them. */
export const TRANSFORMS = {
  none: tensorTransform('leaves images as they are', {}, (images) => clone(images) as UnitImages),

  crop: tensorTransform(
    'cuts out the centre',
    { fraction: numberParameter('share of the area that is kept', 0.5, { lower: 'above', min: 0, max: 1 }) },
    centerCrop,
  ),
  resize: tensorTransform(
    'resizes to a share of the area',
    {
      fraction: numberParameter('share of the area', 0.7, { lower: 'above', min: 0, max: 16 }),
      mode: choiceParameter('interpolation', ['bilinear', 'bicubic']),
      antialias: choiceParameter('low-pass filter before a reduction', ['yes', 'no']),
    },
    (images, { fraction, mode, antialias }) => resizeArea(images, { fraction, mode, antialias: antialias === 'yes' }),
  ),
  fit: tensorTransform(
    'reduces a longer side to a limit',
    { side: wholeParameter('pixels of the longer side at most', 1080, { min: 1, max: 65535 }) },
    limitSide,
  ),
  rotate: tensorTransform(
    'turns counter-clockwise about the centre, black outside',
    { angle: numberParameter('degrees', 25, { min: -180, max: 180 }), mode: interpolation },
    rotate,
  ),
  flip: tensorTransform('mirrors left and right', {}, (images) => horizontalFlip(images)),
  perspective: tensorTransform(
    'shows the picture from the side, black outside',
    {
      distortion: numberParameter('how far the left corners move to the centre', 0.2, { min: 0, max: 0.9 }),
      mode: interpolation,
    },
    keystone,
  ),

  brightness: tensorTransform('multiplies all levels', { factor: factor(1.5) }, brightness),
  contrast: tensorTransform('spreads levels around the mean grey', { factor: factor(1.5) }, contrast),
  saturation: tensorTransform('spreads colours around grey', { factor: factor(1.5) }, saturation),
  hue: tensorTransform(
    'turns hues',
    { shift: numberParameter('share of a full turn', 0.1, { min: -0.5, max: 0.5 }) },
    hue,
  ),
  gamma: tensorTransform(
    'raises levels to a power',
    { gamma: numberParameter('below 1 is brighter', 1.5, { lower: 'above', min: 0, max: 10 }) },
    gamma,
  ),
  grayscale: tensorTransform('takes colour away', {}, (images) => grayscale(images)),

  blur: tensorTransform(
    'blurs with a Gaussian',
    { sigma: numberParameter('standard deviation in pixels', 2, { lower: 'above', min: 0, max: 50 }) },
    gaussianBlur,
  ),
  median: tensorTransform(
    'replaces each value by the median around it',
    { kernel: wholeParameter('side of the window in pixels', 3, { min: 1, max: 15, odd: true }) },
    medianBlur,
  ),
  sharpness: tensorTransform('sharpens, or softens below 1', { factor: factor(2) }, sharpness),
  noise: tensorTransform(
    'adds Gaussian noise',
    {
      sigma: numberParameter('standard deviation on levels in [0, 1]', 0.05, { min: 0, max: 1 }),
      seed: wholeParameter('the same noise for the same seed', 0, { min: 0, max: 2 ** 32 - 1 }),
    },
    (images, { sigma, seed }) => gaussianNoise(images, { sigma, noise: seed }),
  ),
  text: tensorTransform(
    'writes a line over the picture',
    {
      text: textParameter(
        'what is written; small letters become capitals',
        'StableSig',
        `some of ${CHARACTERS}`,
        (value) => [...value.toUpperCase()].every((character) => CHARACTERS.includes(character)),
      ),
      size: numberParameter("height as a share of the picture's", 0.1, { lower: 'above', min: 0, max: 1 }),
      opacity: numberParameter('how much it covers', 1, { min: 0, max: 1 }),
      colour: choiceParameter('colour', ['white', 'black', 'red', 'yellow']),
    },
    (images, { colour, ...options }) => textOverlay(images, { ...options, colour: COLOURS[colour] }),
  ),

  jpeg: codecTransform(
    'compresses as JPEG',
    { quality: quality(80), subsampling: choiceParameter('resolution of chroma', ['4:2:0', '4:4:4']) },
    (images, options, codec) => compress(images, codec, { format: 'jpeg', ...options }),
    differentiableJpeg,
  ),
  webp: codecTransform('compresses as lossy WebP', { quality: quality(80) }, (images, options, codec) =>
    compress(images, codec, { format: 'webp', ...options }),
  ),
  avif: codecTransform('compresses as AVIF', { quality: quality(50) }, (images, options, codec) =>
    compress(images, codec, { format: 'avif', ...options }),
  ),
} as const

export type TransformName = keyof typeof TRANSFORMS

/** The parameters of a transform and their values. */
export type TransformValues<N extends TransformName> = ValuesOf<(typeof TRANSFORMS)[N]['parameters']>

export const isTransformName = (name: string): name is TransformName => Object.hasOwn(TRANSFORMS, name)

/**
 * A transform by its name; what is not given has its default.
 * @throws StableSigError 'bad-argument' for a name, a parameter or a value that there is not, saying which there are
 */
export function transform<N extends TransformName>(name: N, values: Partial<TransformValues<N>> = {}): Transform {
  if (!isTransformName(name)) throw unknownTransform(name)
  return TRANSFORMS[name].bind(name, values)
}

export const unknownTransform = (name: string): StableSigError =>
  new StableSigError('bad-argument', `there is no transform '${name}': known are ${Object.keys(TRANSFORMS).join(', ')}`)
