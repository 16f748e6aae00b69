import { cpSync, mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { build } from 'esbuild'

/**
 * Lays the packages of a project out as a CDN of npm's files does: ours as they are packed, others, which are CommonJS in part, as one
 * module each. And a page that finds them by an import map: import maps do not reach into workers, so it reads in the page.
 * @param {string} project with node_modules
 * @param {string} cdn empty folder, served from another origin
 * @param {string} origin of that server, with a slash
 * @param {string} page empty folder, for the page
 */
export async function makeCdn(project, cdn, origin, page) {
  const imports = {}
  const scope = join(project, 'node_modules/@stablesig')
  for (const name of readdirSync(scope)) {
    const { exports, version } = JSON.parse(readFileSync(join(scope, name, 'package.json'), 'utf8'))
    const at = `npm/@stablesig/${name}@${version}`
    cpSync(join(scope, name, 'dist'), join(cdn, at, 'dist'), { recursive: true, dereference: true })
    for (const [path, { default: file }] of Object.entries(exports))
      if (file?.endsWith('.js')) imports[join(`@stablesig/${name}`, path)] = new URL(join(at, file), origin).href
  }
  for (const [name, from] of OTHERS) {
    const file = `npm/${name.replace('/', '+')}.js`
    // From where a package of ours finds it.
    await asOneModule(name, realpathSync(join(scope, from)), join(cdn, file))
    imports[name] = new URL(file, origin).href
  }
  mkdirSync(page, { recursive: true })
  writeFileSync(join(page, 'index.html'), html(imports))
}

/** Packages of others that pages need with the engine in plain JavaScript, and the package of ours that depends on each. */
const OTHERS = [
  ['@tensorflow/tfjs-core', 'backend-web'],
  ['@tensorflow/tfjs-backend-cpu', 'backend-web'],
  ['seedrandom', 'core'],
  ['jpeg-js', 'core'],
]

/** What is CommonJS has its exports by name too, as CDNs give them. */
async function asOneModule(name, from, outfile) {
  const require = createRequire(join(from, 'package.json'))
  const { module } = require(`${name}/package.json`)
  const names = module ? [] : Object.keys(require(name)).filter((one) => /^[a-z]\w*$/i.test(one))
  const contents = module
    ? `export * from '${name}'`
    : `import whole from '${name}'; export default whole; export const { ${names.join(', ')} } = whole`
  await build({
    stdin: { contents, resolveDir: from },
    outfile,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    external: OTHERS.map(([other]) => other).filter((other) => other !== name),
    logLevel: 'error',
  })
}

const html = (imports) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>waiting</title>
    <script type="importmap">${JSON.stringify({ imports }, null, 2)}</script>
  </head>
  <body>
    <script type="module">
      try {
        const [{ openExtractor, readImage, ready, toUnitImages }, { createDetector, parseKey }] = await Promise.all([
          import('@stablesig/backend-web'),
          import('@stablesig/core'),
        ])
        const given = (name) => fetch(new URL('/given/' + name, location.href))
        const { device } = await ready({ device: 'cpu' })
        const extractor = await openExtractor(new URL('/given/extractor.safetensors', location.href))
        const key = parseKey(await (await given('key.txt')).text())
        const detector = createDetector({ extractor, key, allowUnwhitened: true })
        const images = toUnitImages([await readImage(await (await given('picture.png')).blob())])
        const [outcome] = await detector.detect(images)
        if (!outcome.ok) throw outcome.error
        document.title = outcome.value.matches + ' of ' + outcome.value.total + ' bits, ' + device
      } catch (error) {
        document.title = 'failed: ' + error.message
      }
    </script>
  </body>
</html>
`
