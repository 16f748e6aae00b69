// The stablesig command from a checkout, as others script it: standard output its own, exit codes and standard input passed
// on, paths from where the user stands.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from '../lib/build.mjs'
import { checks } from '../lib/checks.mjs'
import { cliDocs } from '../lib/cli-docs.mjs'
import { exec, pnpm } from '../lib/exec.mjs'
import { cache, root } from '../lib/workspace.mjs'

const { check, finish } = checks()
const stablesig = (args, options) => pnpm(['-s', 'stablesig', ...args], { cwd: root, ...options })

await check('an unbuilt checkout builds first and keeps standard output clean', async () => {
  // Of one package that no program on Node loads: what runs beside this step must not lose its modules for a moment.
  rmSync(join(cache, 'build/@stablesig+backend-web.txt'), { force: true })
  const { stdout, stderr } = await stablesig(['keygen', '--seed', 'ci'])
  if (!/^[01]{48}\n$/.test(stdout)) throw new Error(`standard output was ${JSON.stringify(stdout)}`)
  if (!stderr.includes('building @stablesig/backend-web')) throw new Error('it did not build')
})
await build()

await check('options pass through without --', async () => {
  const { stdout } = await stablesig(['plan', '--bits', '48', '--users', '1e5', '--fpr', '1e-6', '--json'])
  const { threshold } = JSON.parse(stdout)
  if (threshold !== 46) throw new Error(`threshold ${threshold}`)
})

await check('a mistake in the arguments ends with 2, and says so on standard error alone', async () => {
  const { stdout, stderr } = await stablesig(['keygen', '--bits', 'many'], { accept: [2] })
  if (stdout || !stderr.includes('--bits')) throw new Error(`${JSON.stringify(stdout)}, ${stderr}`)
})

await check('paths are meant from the folder the user stands in; standard input arrives', async () => {
  const folder = mkdtempSync(join(root, 'packages/cli/dist/here-'))
  try {
    const extractor = join(root, 'goldens/fixtures/finetune/small-square-extractor.safetensors')
    writeFileSync(join(folder, 'picture.png'), 'not a picture')
    const args = ['-w', '-s', 'stablesig', 'extract', '--extractor', extractor, '--files', '-', '--json']
    const { stdout } = await pnpm(args, { cwd: folder, input: 'picture.png\n', accept: [2] })
    const { file, error } = JSON.parse(stdout)
    if (file !== 'picture.png' || error.code !== 'bad-image') throw new Error(stdout)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

await check('every command has help with examples', async () => {
  const { stdout } = await exec(process.execPath, [join(root, 'packages/cli/dist/main.js'), '--help'])
  const names = [
    'keygen',
    'sign',
    'evaluate',
    'reconstruct',
    'extract',
    'detect',
    'identify',
    'plan',
    'decode',
    'inspect',
  ]
  for (const name of names) {
    if (!stdout.includes(`  ${name} `)) throw new Error(`--help does not list ${name}`)
    const help = await exec(process.execPath, [join(root, 'packages/cli/dist/main.js'), name, '--help'])
    if (!help.stdout.includes(`stablesig ${name}`)) throw new Error(`${name} --help has no example`)
  }
  return names.join(' ')
})

await check('docs/cli.md is what --help says', async () => {
  if (readFileSync(join(root, 'docs/cli.md'), 'utf8') !== (await cliDocs()))
    throw new Error('npx -y pnpm@12 docs:cli writes it')
})

await check('bench ends with one JSON object', async () => {
  const { stdout } = await pnpm(['-s', 'bench', 'identify', '--size', '1000', '--json'], { cwd: root })
  const { bench, size, project, peer, ratio } = JSON.parse(stdout.trim().split('\n').at(-1))
  if (bench !== 'identify' || size !== 1000 || !(project.seconds > 0) || !(project.peakRssMB > 0))
    throw new Error(stdout)
  if (peer !== null || ratio !== null) throw new Error(stdout)
})
finish()
