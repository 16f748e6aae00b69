import { CROPS } from '../../options/crops.ts'
import { defineCommand, type GivenOf } from '../../options/description.ts'
import { SEARCH } from '../../options/search.ts'
import { ENGINE, EXTRACTOR, fprOf, jsonOf } from '../../options/shared.ts'

export const calibrate = defineCommand({
  name: 'calibrate',
  summary:
    'Measure an extractor on your own unmarked photographs: bias and correlation of its bits, and false positives. Exit code 1 when it is not whitened well enough for --fpr.',
  options: {
    ...ENGINE,
    ...EXTRACTOR,
    ...CROPS,
    ...fprOf('rate at which you want to decide'),
    ...SEARCH,
    seed: { value: '<text>', help: 'of the random keys', default: '0' },
    out: { value: '<file>', writes: true, help: 'also write the report as JSON' },
    ...jsonOf('one JSON object'),
  },
  examples: [
    'stablesig calibrate --extractor extractor.pt --images photos/ --fpr 1e-6',
    'stablesig calibrate --extractor extractor.pt --images photos/ --crops 200 --crop-size 128 --out report.json',
  ],
})

export type CalibrateOptions = GivenOf<typeof calibrate>
