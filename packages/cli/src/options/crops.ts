import type { Options, OptionsOf } from './description.ts'
import { READING } from './shared.ts'
import { whole } from './values.ts'

/** Which squares of which unmarked photographs an extractor is looked at with. */
export const CROPS = {
  images: { value: '<folder>', help: 'unmarked photographs: a folder or a pattern; at least four', required: true },
  crops: {
    value: '<n>',
    help: 'squares to cut out of each photograph, spread over it; the first is its centre',
    read: whole(1, 1e5),
    default: 1,
  },
  cropSize: {
    value: '<n>',
    help: 'their side in pixels; smaller photographs are enlarged to it',
    read: whole(32, 4096),
    default: 256,
  },
  ...READING,
} as const satisfies Options

export type CropsOptions = OptionsOf<typeof CROPS>
