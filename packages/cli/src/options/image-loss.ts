import type { ImageLossName, LearnedLossName } from '@stablesig/core/losses'
import type { Options, OptionsOf } from './description.ts'

/** Image losses with learned parameters. */
export const LEARNED_NAMES = [
  'watson-dft',
  'watson-dft-code',
  'watson-dct',
  'watson-vgg',
  'lpips',
] as const satisfies readonly LearnedLossName[]
const PLAIN_NAMES = ['mse', 'l1', 'ssim', 'ms-ssim', 'masked'] as const satisfies readonly ImageLossName[]

/** @param standard what is taken where none is named */
export const imageLossOptions = (standard: string) =>
  ({
    imageLoss: {
      value: '<name>',
      help: `what keeps images as they were (default: ${standard}); masked lets texture change more than smooth areas`,
      choices: [...PLAIN_NAMES, ...LEARNED_NAMES],
    },
    lossWeights: {
      value: '<files...>',
      help: 'what the image loss has learned: the public file of watson-dft, watson-dft-code (as its authors’ code computes it) or watson-dct; a VGG-16 and then the public file of watson-vgg or lpips',
    },
  }) as const satisfies Options

export type ImageLossOptions = OptionsOf<ReturnType<typeof imageLossOptions>>
