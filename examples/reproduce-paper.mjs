// @ts-check
// Evaluates a preset as the paper does, and prints its figures beside the paper's and a user's of its public code.
//   npx -y pnpm@12 example reproduce-paper [--keys 10] [--images 100] [--steps N] [--preset NAME] [--out FOLDER]
import { mkdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { env, exit, stderr, stdin, stdout } from 'node:process'
import { parseArgs } from 'node:util'
import { run } from 'stablesig'

/**
 * Fernandez et al. 2023: bit accuracy (text to image, 10 keys x 1000 images), and true-positive rates at 44 of 48 bits, read off its plot (to .005);
 * and a user's log of the public code at its 100 steps. Rows that they do not have are left open.
 * @type {Record<string, { paper?: number, log?: number, tpr?: number }>}
 */
const PUBLISHED = {
  none: { paper: 0.99, log: 0.996, tpr: 0.979 },
  'crop:0.5': { log: 0.991 },
  'crop:0.1': { paper: 0.95, log: 0.936, tpr: 0.851 },
  'rotate:25': { log: 0.656 },
  'resize:0.7': { log: 0.993 },
  'resize:0.3': { log: 0.745 },
  'brightness:1.5': { log: 0.995 },
  'brightness:2': { paper: 0.97, log: 0.982, tpr: 0.913 },
  'jpeg:80': { log: 0.909 },
  'jpeg:50': { log: 0.862 },
  'crop:0.5+brightness:2+jpeg:80': { paper: 0.92, tpr: 0.662 },
}
const PSNR = { paper: 30, log: 30.54 }
/** Images of which the user is found among 1e5, at a false-positive rate of 1e-6 over all of them. */
const IDENTIFIED = { none: 0.98, 'crop:0.5+brightness:2+jpeg:80': 0.4 }

const { values } = parseArgs({
  options: {
    keys: { type: 'string', default: '1' },
    images: { type: 'string', default: '8' },
    preset: { type: 'string', default: 'published' },
    steps: { type: 'string' },
    out: { type: 'string', default: 'out/reproduce-paper' },
  },
})
const data = env.STABLESIG_DATA
if (!data) {
  console.error(
    'pass weights and photographs: set STABLESIG_DATA to a folder with weights/ and images/{train,val}, as docs/weights.md says',
  )
  exit(2)
}

const out = resolve(values.out)
await mkdir(out, { recursive: true })
const controller = new AbortController()
process.once('SIGINT', () => controller.abort())
const weights = (/** @type {string} */ name) => join(data, 'weights', name)
const code = await run(
  [
    ...['evaluate', '--encoder', weights('taef2_encoder.pth'), '--decoder', weights('taef2_decoder.pth')],
    ...['--extractor', weights('dec_48b_whit.torchscript.pt'), '--preset', values.preset],
    ...(values.steps === undefined ? [] : ['--steps', values.steps]),
    ...['--keys', values.keys, '--training-images', join(data, 'images/train')],
    ...['--images', join(data, 'images/val'), '--max-images', values.images],
    ...['--attacks', ...Object.keys(PUBLISHED), '--out', out],
  ],
  {
    stdin,
    out: () => {},
    err: (text) => stderr.write(text),
    env,
    terminalWidth: stderr.isTTY ? stderr.columns : undefined,
    signal: controller.signal,
  },
)
if (code !== 0) exit(code)

const { summary } = JSON.parse(await readFile(join(out, 'evaluation.json'), 'utf8'))
const number = (/** @type {number | undefined} */ value, digits = 3) => value?.toFixed(digits) ?? '–'
const strict = (/** @type {any} */ attack) => attack.rates.find((/** @type {any} */ { fpr }) => fpr === 1e-9)
/** @type {string[][]} */
const rows = [
  ['bits right', 'paper', 'log', 'here', '95%', 'TPR at 1e-9', 'paper', 'here', '95%'],
  ...summary.attacks.map((/** @type {any} */ measured) => {
    const { paper, log, tpr } = PUBLISHED[measured.attack] ?? {}
    const { tpr: found } = strict(measured)
    return [
      ...[measured.attack, number(paper), number(log), number(measured.bits.share), between(measured.bits.interval)],
      ...['', number(tpr), `${number(found.share)} (${found.count}/${found.of})`, between(found.interval)],
    ]
  }),
]
const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
for (const row of rows) print(row.map((text, column) => text.padEnd(widths[column] ?? 0)).join('  '))
print('')
print(
  `PSNR, dB  paper ${PSNR.paper.toFixed(2)}, log ${PSNR.log.toFixed(2)}, here ${number(summary.fidelity.psnr.mean, 2)}`,
)
print(`SSIM      here ${number(summary.fidelity.ssim.mean, 4)}`)
for (const [attack, paper] of Object.entries(IDENTIFIED)) {
  const among = summary.attacks
    .find((/** @type {any} */ measured) => measured.attack === attack)
    ?.identification.find((/** @type {any} */ { users }) => users === 1e5)
  print(
    `found among 1e5 users at 1e-6, ${attack}  paper ${number(paper, 2)}, here ${number(among.identified / among.images)}`,
  )
}
print(
  `\n${summary.keys} ${summary.keys === 1 ? 'key' : 'keys'} x ${summary.images} images (the paper: 10 x 1000); ${join(out, 'index.html')} has all of it`,
)
exit(0)

/** @param {{ low: number, high: number }} interval */
function between({ low, high }) {
  return `${low.toFixed(3)}–${high.toFixed(3)}`
}

/** @param {string} line */
function print(line) {
  stdout.write(`${line.trimEnd()}\n`)
}
