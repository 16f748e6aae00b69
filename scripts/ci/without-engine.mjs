import { renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/**
 * Holds every command that computes to one line and exit code 2 where the engine cannot load, no stack: its native library is out of
 * place meanwhile.
 * @param run runs a command in `folder`, where the packages are installed and the small models of the goldens lie
 */
export async function withoutEngine(run, folder) {
  const fromBackend = createRequire(createRequire(join(folder, 'package.json')).resolve('@stablesig/backend-node'))
  const bin = join(dirname(fromBackend.resolve('onnxruntime-node')), '../bin')
  writeFileSync(join(folder, 'users.tsv'), 'user\t1010011010010110\n')
  const weights = (name) => join('finetune', `small-square-${name}.safetensors`)
  const extractor = ['--extractor', weights('extractor')]
  const halves = ['--encoder', weights('encoder'), '--decoder', weights('decoder')]
  const key = ['--key', '1010011010010110']
  const commands = [
    ['detect', ...extractor, ...key, '--fpr', '1e-3', 'images'],
    ['identify', ...extractor, '--registry', 'users.tsv', '--fpr', '1e-3', 'images'],
    ['extract', ...extractor, 'images'],
    ['reconstruct', ...halves, '--out', 'made', 'images'],
    ['sign', ...halves, ...extractor, ...key, '--images', 'images', '--size', '64', '--steps', '2', '--out', 'made'],
    [
      ...['evaluate', ...halves, ...extractor, '--keys', '1', '--out', 'measured'],
      ...['--images', join('images', '1.png'), '--training-images', join('images', '2.png')],
    ],
    ['decode', '--decoder', weights('decoder'), '--latents', 'latents.npy', '--out', 'made'],
    ['export', 'extractor', ...extractor, '--out', 'made.onnx'],
  ]
  renameSync(bin, `${bin}.gone`)
  try {
    for (const args of commands) {
      const { stdout, stderr } = await run(join(folder, 'node_modules/.bin/stablesig'), args, { accept: [2] })
      const [message, another] = stderr.split('\n').filter((line) => line.startsWith('stablesig: '))
      const said = message?.includes('onnxruntime-node does not start') && !another && !/ {4}at /.test(stderr)
      if (stdout || !said) throw new Error(`${args.join(' ')} printed\n${stdout}${stderr}`)
    }
  } finally {
    renameSync(`${bin}.gone`, bin)
  }
  return `${commands.length} commands`
}
