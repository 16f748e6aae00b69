// An extractor of one's own, in small: a watermark encoder and a light extractor are trained together on a few photographs, the extractor
// is whitened, and measured on photographs that it has not seen. In earnest it is the same command lines with some hundred times
// the steps and pictures: see training/README.md.
//   npx -y pnpm@12 example train-your-own [--bits N] [--steps N] [--out FOLDER]
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { stablesig } from '../command-line.ts'
import { writeJudged, writeTraining } from '../photographs.ts'

const { values } = parseArgs({
  options: {
    bits: { type: 'string', default: '8' },
    steps: { type: 'string', default: '400' },
    out: { type: 'string', default: 'out/train-your-own' },
  },
})
const at = (...names: string[]): string => join(resolve(values.out), ...names)
const [pair, extractor] = [at('pair.safetensors'), at('extractor.safetensors')]
await mkdir(at(), { recursive: true })
await Promise.all([writeTraining(at('training')), writeJudged(at('photographs'))])

const training = ['--images', at('training'), '--bits', values.bits, '--steps', values.steps]
await stablesig(['pretrain', ...training, '--out', pair, '--log', at('pair.jsonl')])
await stablesig([
  ...['whiten', '--extractor', pair, '--images', at('training')],
  ...['--crops', '4', '--crop-size', '128', '--out', extractor],
])
// Few photographs, few bits: what is measured is the way, not the extractor.
const measure = ['--images', at('photographs'), '--crops', '20', '--crop-size', '128', '--fpr', '0.05']
await stablesig(['calibrate', '--extractor', extractor, ...measure], 'nothing found is no error')
console.log(`\nsign with it: stablesig sign --extractor ${extractor} …`)
process.exit(0)
