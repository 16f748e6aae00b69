import { defineCommand, type GivenOf } from '../../options/description.ts'
import { SEARCH } from '../../options/search.ts'
import { ENGINE, EXTRACTOR, fprOf, jsonOf, READING } from '../../options/shared.ts'
import { whole } from '../../options/values.ts'

export const calibrate = defineCommand({
  name: 'calibrate',
  summary:
    'Measure an extractor on your own unmarked photographs: bias and correlation of its bits, and false positives. Exit code 1 when it is not whitened well enough for --fpr.',
  options: {
    ...ENGINE,
    ...EXTRACTOR,
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
    ...fprOf('rate at which you want to decide'),
    ...SEARCH,
    seed: { value: '<text>', help: 'of the random keys', default: '0' },
    out: { value: '<file>', help: 'also write the report as JSON' },
    whitened: {
      value: '<file>',
      help: 'also write the extractor with a whitening layer computed from these photographs, as safetensors',
    },
    ...jsonOf('one JSON object'),
  },
  examples: [
    'stablesig calibrate --extractor extractor.pt --images photos/ --fpr 1e-6',
    'stablesig calibrate --extractor extractor.pt --images photos/ --crops 200 --crop-size 128 --out report.json',
    'stablesig calibrate --extractor bare.pth --images photos/ --crops 20 --whitened whitened.safetensors',
  ],
})

export type CalibrateOptions = GivenOf<typeof calibrate>
