import { crop, resize, sharpCodec } from '@stablesig/backend-node'
import type { UnitImages } from '@stablesig/core'
import {
  type ImageNetImages,
  type Images,
  imageNetToUnit,
  type SignedImages,
  signedToUnit,
  unitToImageNet,
} from '@stablesig/core/images'
import { valueAndGradients } from '@stablesig/core/training'
import * as transforms from '@stablesig/core/transforms'
import * as tf from '@tensorflow/tfjs-core'
import type { GoldenContext, GoldenTensor, Topic } from '../topic.ts'
import { argument, must, nchwValues, nhwc, useEngine } from './networks.ts'

type Runner = (context: GoldenContext) => Promise<void>

const number = ({ case: { args } }: GoldenContext, name: string) => argument.number(args[name], name)
const pair = ({ case: { args } }: GoldenContext, name: string): [number, number] => {
  const [a = 0, b = 0] = argument.numbers(args[name], name)
  return [a, b]
}
const oneOf = <T extends string>({ case: { args } }: GoldenContext, name: string, choices: readonly T[]): T => {
  const found = choices.find((choice) => choice === args[name])
  if (found === undefined) throw new TypeError(`the case's ${name} is none of ${choices.join(', ')}`)
  return found
}
const interpolation = (context: GoldenContext) => ({
  mode: oneOf(context, 'mode', ['bilinear', 'bicubic']),
  antialias: context.case.args.antialias === true,
})
const warped = (context: GoldenContext) => oneOf(context, 'mode', ['bilinear', 'nearest'])
const fraction = (context: GoldenContext) => ({ fraction: number(context, 'fraction') })
const factor = (context: GoldenContext) => ({ factor: number(context, 'factor') })

/** Sides of a share of the area with height and width exchanged, as the evaluation code passes them. */
const exchanged = (x: Images, context: GoldenContext): transforms.Sides => {
  const [, height, width] = x.shape
  const sides = transforms.areaSides({ height, width }, number(context, 'fraction'))
  return { height: sides.width, width: sides.height }
}

/** Value, and gradient of sum(w · value) by the input; the same tensors are alive after as before. */
const graded =
  (apply: (x: UnitImages, context: GoldenContext, extra: tf.Tensor4D | undefined) => tf.Tensor4D): Runner =>
  async (context) => {
    await useEngine()
    const before = tf.memory().numTensors
    const stored = await context.tensors()
    const inputs = context.case.inputs.map((name) => nhwc(must(stored, name)))
    const [x, w, extra] = inputs.length === 3 ? [inputs[0], inputs[2], inputs[1]] : inputs
    if (!x || !w) throw new TypeError('the case has no image and weights')
    const { loss, aux, gradients } = valueAndGradients(
      () => {
        const value = apply(x as UnitImages, context, extra)
        return { loss: tf.sum<tf.Scalar>(tf.mul(value, w)), aux: { value } }
      },
      { x },
    )
    const name = (role: string) => context.case.outputs.find((output) => output.endsWith(role)) ?? role
    context.compare(name('.value'), await nchwValues(aux.value))
    context.compare(name('.grad'), await nchwValues(gradients.x as tf.Tensor4D))
    tf.dispose([loss, inputs])
    const left = tf.memory().numTensors - before
    context.check(left === 0, `${left} tensors were left`)
  }

/** 8-bit pictures [N,3,H,W] as a batch. */
const pictures = (stored: GoldenTensor): UnitImages => nhwc(stored, 255) as UnitImages

/** Levels 0..255 of images, which are disposed. */
async function levels(images: tf.Tensor4D): Promise<Float32Array> {
  const values = await nchwValues(images)
  return values.map((value) => Math.round(255 * value))
}

/** Peak signal-to-noise ratio of levels. */
const psnr = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += ((a[i] ?? 0) - (b[i] ?? 0)) ** 2
  return 10 * Math.log10(255 ** 2 / (sum / a.length))
}

/** The codecs that can do what a case asks for; the first is the one that programs use. */
const codecsFor = (options: transforms.EncodeOptions): transforms.ImageCodec[] =>
  options.format === 'jpeg' && options.subsampling === '4:4:4'
    ? [sharpCodec(), transforms.jpegJsCodec()]
    : [sharpCodec()]

const jpegOptions = (context: GoldenContext): transforms.EncodeOptions & { format: 'jpeg' } => ({
  format: 'jpeg',
  quality: number(context, 'quality'),
  subsampling: oneOf(context, 'subsampling', ['4:2:0', '4:4:4']),
})

/** Images through every codec that the case suits, and the quality that is left. */
async function throughCodecs(context: GoldenContext, options: transforms.EncodeOptions): Promise<void> {
  const input = must(await context.tensors(), context.case.inputs[0] ?? '')
  const images = pictures(input)
  const [name = ''] = context.case.outputs
  const judge = async (made: UnitImages, by: string) => {
    const got = await levels(made)
    context.compare(name, got)
    const { psnr: want } = context.case.args
    if (typeof want === 'number') {
      const found = psnr(got, input.values)
      context.check(Math.abs(found - want) < 0.5, `${by}: PSNR is ${found.toFixed(2)} dB, expected ${want}`)
    }
  }
  for (const codec of codecsFor(options)) await judge(await transforms.compress(images, codec, options), codec.name)
  if (options.format === 'jpeg') await judge(transforms.differentiableJpeg(images, options), 'the simulation')
  images.dispose()
}

/** Quantisation tables of a JPEG file, by rows: its DQT segments have them in zigzag order. */
function tablesOf(bytes: Uint8Array): number[] {
  const zigzag = Array.from({ length: 64 }, (_, i) => i).sort((a, b) => {
    const [ra, ca, rb, cb] = [a >> 3, a & 7, b >> 3, b & 7]
    return ra + ca - rb - cb || ((ra + ca) % 2 ? ra - rb : rb - ra)
  })
  const tables: number[][] = []
  for (let at = 2; bytes[at] === 0xff && bytes[at + 1] !== 0xda; ) {
    const length = (bytes[at + 2] ?? 0) * 256 + (bytes[at + 3] ?? 0)
    if (bytes[at + 1] === 0xdb)
      for (let table = at + 4; table < at + 2 + length; table += 65) {
        const rows = new Array<number>(64).fill(0)
        for (const [i, place] of zigzag.entries()) rows[place] = bytes[table + 1 + i] ?? 0
        tables.push(rows)
      }
    at += 2 + length
  }
  return tables.flat()
}

/** Files of one picture each, decoded. */
async function decodeAll(codec: transforms.ImageCodec, files: readonly Uint8Array[]): Promise<Float32Array> {
  return levels(transforms.unitImages(await Promise.all(files.map((file) => codec.decode(file)))))
}
const filesOf = async ({ case: { inputs }, tensors }: GoldenContext): Promise<Uint8Array[]> => {
  const stored = await tensors()
  return inputs.map((name) => Uint8Array.from(must(stored, name).values))
}

/** Whether a JPEG file keeps chroma whole: its frame header gives all components the same sampling. */
function keepsChroma(bytes: Uint8Array): boolean {
  const at = bytes.findIndex((byte, i) => byte === 0xff && bytes[i + 1] === 0xc0)
  return bytes[at + 11] === bytes[at + 14]
}

export const topic: Topic = {
  name: 'transforms',
  runners: {
    async area_sides({ case: { args, outputs }, compare }) {
      const fractions = argument.numbers(args.fractions, 'fractions')
      if (!Array.isArray(args.sizes)) throw new TypeError("the case's sizes are no list")
      const rows = args.sizes.flatMap((size) => {
        const [height = 0, width = 0] = argument.numbers(size, 'sizes')
        return fractions.flatMap((share) => {
          const sides = transforms.areaSides({ height, width }, share)
          const offset = (outer: number, inner: number) => transforms.centerOffset(outer, inner)
          return [sides.height, sides.width, offset(height, sides.height), offset(width, sides.width)]
        })
      })
      compare(outputs[0] ?? '', rows)
    },

    center_crop: graded((x, context) => transforms.centerCrop(x, fraction(context))),
    center_crop_reference: graded((x, context) => transforms.centerCropTo(x, exchanged(x, context))),
    crop: graded((x, context) => {
      const [top, left] = [number(context, 'top'), number(context, 'left')]
      return transforms.crop(x, { top, left, height: number(context, 'height'), width: number(context, 'width') })
    }),
    hflip: graded((x) => transforms.horizontalFlip(x)),
    resize: graded((x, context) => {
      const [height, width] = pair(context, 'size')
      return transforms.resize(x, { height, width, ...interpolation(context) })
    }),
    resize_area: graded((x, context) => transforms.resizeArea(x, { ...fraction(context), ...interpolation(context) })),
    resize_area_reference: graded((x, context) =>
      transforms.resize(x, { ...exchanged(x, context), ...interpolation(context) }),
    ),
    rotate: graded((x, context) => transforms.rotate(x, { angle: number(context, 'angle'), mode: warped(context) })),
    rotate_reference: graded((x, context) =>
      transforms.rotate(unitToImageNet(x), { angle: number(context, 'angle'), mode: warped(context) }),
    ),
    perspective: graded((x, context) => {
      const corners = (name: string): transforms.Corners => {
        const list = context.case.args[name]
        const [a, b, c, d] = (Array.isArray(list) ? list : []).map((corner): transforms.Corner => {
          const [x = 0, y = 0] = argument.numbers(corner, name)
          return [x, y]
        })
        if (!a || !b || !c || !d) throw new TypeError(`the case's ${name} has no four corners`)
        return [a, b, c, d]
      }
      const [start, end] = [corners('start'), corners('end')]
      const want = argument.numbers(context.case.args.coefficients, 'coefficients')
      const got = transforms.perspectiveCoefficients(start, end)
      context.check(
        want.every((value, i) => Math.abs(value - (got[i] ?? 0)) < 1e-9),
        `coefficients are ${got}, expected ${want}`,
      )
      return transforms.perspective(x, { start, end, mode: warped(context) })
    }),

    adjust_brightness: graded((x, context) => transforms.brightness(x, factor(context))),
    adjust_contrast: graded((x, context) => transforms.contrast(x, factor(context))),
    adjust_saturation: graded((x, context) => transforms.saturation(x, factor(context))),
    adjust_sharpness: graded((x, context) => transforms.sharpness(x, factor(context))),
    adjust_hue: graded((x, context) => transforms.hue(x, { shift: number(context, 'shift') })),
    normalize_imagenet: graded((x) => unitToImageNet(x)),
    vqgan_to_imagenet: graded((x) => unitToImageNet(signedToUnit(x as tf.Tensor4D as SignedImages))),
    adjust_brightness_reference: graded((z, context) =>
      unitToImageNet(transforms.brightness(imageNetToUnit(asImageNet(z)), factor(context))),
    ),
    adjust_contrast_reference: graded((z, context) =>
      unitToImageNet(transforms.contrast(imageNetToUnit(asImageNet(z)), factor(context))),
    ),

    gaussian_blur: graded((x, context) =>
      transforms.gaussianBlur(x, { kernel: pair(context, 'kernel'), sigma: pair(context, 'sigma') }),
    ),
    median_blur: graded((x, context) => transforms.medianBlur(x, { kernel: number(context, 'kernel') })),
    gaussian_noise: graded((x, context, noise) => {
      if (!noise) throw new TypeError('the case has no noise')
      return transforms.gaussianNoise(x, { sigma: number(context, 'sigma'), noise })
    }),

    async jpeg(context) {
      await useEngine()
      const options = jpegOptions(context)
      await throughCodecs(context, options)
      const tables = context.case.outputs.find((name) => name.endsWith('.tables'))
      if (!tables) return
      const { luma, chroma } = transforms.jpegTables(options.quality)
      context.compare(tables, [...luma, ...chroma])
      for (const codec of codecsFor(options))
        context.compare(
          tables,
          tablesOf(await codec.encode({ width: 8, height: 8, data: new Uint8Array(192) }, options)),
        )
    },
    async jpeg_decode(context) {
      await useEngine()
      const files = await filesOf(context)
      const [name = ''] = context.case.outputs
      context.compare(name, await decodeAll(sharpCodec(), files))
      // jpeg-js repeats halved chroma where libjpeg interpolates it, which is another picture; it rounds more coarsely everywhere.
      if (!files.every(keepsChroma)) return
      const want = must(await context.tensors(), name).values
      const got = await decodeAll(transforms.jpegJsCodec(), files)
      const mean = got.reduce((sum, level, i) => sum + Math.abs(level - (want[i] ?? 0)), 0) / got.length
      context.check(mean < 0.75, `jpeg-js: levels are ${mean.toFixed(2)} away in the mean, expected less than 0.75`)
    },
    async webp(context) {
      await useEngine()
      await throughCodecs(context, { format: 'webp', quality: number(context, 'quality') })
    },
    async webp_decode(context) {
      await useEngine()
      context.compare(context.case.outputs[0] ?? '', await decodeAll(sharpCodec(), await filesOf(context)))
    },

    async center_crop_brightness(context) {
      await useEngine()
      const images = pictures(must(await context.tensors(), 'photo'))
      const made = tf.tidy(() =>
        transforms.brightness(transforms.centerCrop(images, fraction(context)), factor(context)),
      )
      context.compare(context.case.outputs[0] ?? '', await nchwValues(made))
      images.dispose()
    },
    async combined(context) {
      await useEngine()
      const images = pictures(must(await context.tensors(), 'photo'))
      const lit = tf.tidy(() =>
        transforms.brightness(transforms.centerCrop(images, fraction(context)), factor(context)),
      )
      const jpeg = { format: 'jpeg', quality: number(context, 'quality'), subsampling: '4:2:0' } as const
      for (const name of context.case.outputs) {
        const level = name.endsWith('.truncated') ? 'truncate' : 'round'
        context.compare(name, await levels(await transforms.compress(lit, sharpCodec(), jpeg, level)))
      }
      tf.dispose([images, lit])
    },

    async load_resize_crop(context) {
      const { shape, values } = must(await context.tensors(), 'photo')
      const [n = 0, , height = 0, width = 0] = shape
      const size = number(context, 'size')
      const made: number[] = []
      for (let index = 0; index < n; index++) {
        const plane = height * width
        const data = Uint8Array.from(
          { length: plane * 3 },
          (_, i) => values[(index * 3 + (i % 3)) * plane + Math.floor(i / 3)] ?? 0,
        )
        const shorter = Math.min(height, width)
        const [h, w] = [height, width].map((side) => Math.trunc((size * side) / shorter)) as [number, number]
        const small = resize({ name: 'photo', width, height, data }, w, h)
        const [top, left] = [transforms.centerOffset(h, size), transforms.centerOffset(w, size)]
        const square = crop(small, left, top, size, size)
        for (let c = 0; c < 3; c++) for (let i = 0; i < size * size; i++) made.push(square.data[i * 3 + c] ?? 0)
      }
      context.compare(context.case.outputs[0] ?? '', made)
    },
  },
}

const asImageNet = (images: tf.Tensor4D) => images as ImageNetImages
