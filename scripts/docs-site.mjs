// `npx -y pnpm@12 docs:site [--base /path/] [--serve] [--no-api]`: the site in out/site: docs/ and the READMEs as pages, beside them the
// reference of every package and the demo page. Every link between pages, with its #, must lead somewhere.
//   --base    where the site will be served from, `/` unless given
//   --serve   serves it afterwards, cross-origin isolated, so that the demo page has more than one thread
//   --no-api  takes docs/api as it lies there: typedoc takes longer than all the rest
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { build, preview } from 'vite'
import { failWith } from './lib/fail.mjs'
import { linksOf } from './lib/site-links.mjs'
import { root } from './lib/workspace.mjs'

const { values: options } = parseArgs({
  options: {
    base: { type: 'string', default: '/' },
    serve: { type: 'boolean', default: false },
    'no-api': { type: 'boolean', default: false },
  },
})
const out = join(root, 'out/site')
const reference = join(root, 'docs/api')

function run(tool, ...args) {
  const { status } = spawnSync(join(root, 'node_modules/.bin', tool), args, { cwd: root, stdio: 'inherit' })
  if (status !== 0) failWith(new Error(`${tool} failed: see above`))
}

if (!options['no-api'] || !existsSync(reference)) run('typedoc')
run('vitepress', 'build', 'docs', '--base', options.base)
cpSync(reference, join(out, 'api'), { recursive: true })
const demo = { configFile: join(root, 'examples/web/vite.config.ts'), logLevel: 'error' }
await build({ ...demo, build: { outDir: join(out, 'demo') } })

const { checked, dead } = linksOf(out, options.base)
if (dead.length) failWith(new Error(`links of the site that lead nowhere:\n${dead.join('\n')}`))
console.log(`${out}: ${checked} links lead somewhere`)

if (options.serve) {
  const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' }
  const server = await preview({
    configFile: false,
    root,
    base: options.base,
    appType: 'mpa',
    build: { outDir: out },
    preview: { headers, host: '127.0.0.1' },
  })
  server.printUrls()
}
