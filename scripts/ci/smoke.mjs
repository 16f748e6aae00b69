// A page that only detects, of the packed packages, as users build one: with vite, webpack and Next.js, and without a build by an import
// map and a CDN's files. Each is opened in Chromium, and must read the key of a picture; without a browser that is skipped.
//   node scripts/ci/smoke.mjs [vite] [webpack] [import-map] [next]
// All but next unless named: Next.js alone takes longer to install and build than all the others.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright'
import { loadPictures } from '../browser/load-pictures.mjs'
import { checks } from '../lib/checks.mjs'
import { chromiumArguments, findChromium, NO_CHROMIUM } from '../lib/chromium.mjs'
import { exec } from '../lib/exec.mjs'
import { root } from '../lib/workspace.mjs'
import { makeCdn } from './smoke/cdn.mjs'
import { makeProject } from './smoke/project.mjs'
import { serve } from './smoke/serve.mjs'

const ALL = ['vite', 'webpack', 'import-map', 'next']
const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !ALL.includes(name))
if (unknown.length) throw new Error(`no smoke build is called ${unknown.join(', ')}; there are ${ALL.join(', ')}`)
const names = asked.length ? asked : ALL.filter((name) => name !== 'next')

const { check, skip, finish } = checks()
const folder = mkdtempSync(join(tmpdir(), 'stablesig-smoke-'))
const given = join(folder, 'given')
const executablePath = findChromium()
const bin = (name) => join(folder, 'node_modules/.bin', name)
const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1' }

/** Builds by name, each giving the folder to serve. */
const builds = {
  vite: async () => {
    await exec(bin('vite'), ['build', 'page', '--outDir', '../vite'], { cwd: folder, env })
    return join(folder, 'vite')
  },
  webpack: async () => {
    await exec('node', ['webpack/build.js'], { cwd: folder, env })
    const out = join(folder, 'webpack/out')
    writeFileSync(join(out, 'index.html'), '<!doctype html><title>waiting</title><script src="main.js"></script>')
    return out
  },
  next: async () => {
    cpSync(join(folder, 'page/decide.js'), join(folder, 'next/decide.js'))
    await exec(bin('next'), ['build', 'next'], { cwd: folder, env })
    return join(folder, 'next/out')
  },
}

try {
  let installed = false
  await check(`the packed packages install, with what ${names.join(', ')} need`, async () => {
    await makeProject(folder, names)
    installed = true
  })
  if (installed) await buildAndOpen()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
finish()

async function buildAndOpen() {
  await makeGiven()
  const browser = executablePath && (await chromium.launch({ executablePath, args: chromiumArguments }))
  for (const name of names.filter((one) => one in builds)) {
    let out
    await check(`a page that detects is built with ${name}`, async () => {
      out = await builds[name]()
      return scriptsIn(out)
    })
    if (!browser) skip(`the page built with ${name}`, NO_CHROMIUM)
    else if (out) await check(`the page built with ${name} reads a key`, () => readsAKey(browser, out, name === 'next'))
  }
  if (names.includes('import-map')) {
    if (!browser) skip('the page with an import map', NO_CHROMIUM)
    else await check('a page with an import map reads a key, without a build', () => withImportMap(browser))
  }
  await browser?.close()
}

/** A picture, its key and an extractor, which every page fetches. */
async function makeGiven() {
  const weights = join(root, 'goldens/fixtures/extractor/weights-48x1.safetensors')
  const { pictureWithKey } = await loadPictures()
  const { file, key } = await pictureWithKey(weights, 64)
  mkdirSync(given)
  cpSync(weights, join(given, 'extractor.safetensors'))
  writeFileSync(join(given, 'picture.png'), file)
  writeFileSync(join(given, 'key.txt'), key)
}

async function withImportMap(browser) {
  const cdn = join(folder, 'cdn')
  mkdirSync(cdn)
  const server = await serve({ '/': cdn })
  try {
    await makeCdn(folder, cdn, server.url, join(folder, 'import-map'))
    return await readsAKey(browser, join(folder, 'import-map'))
  } finally {
    await server.close()
  }
}

/** Opens a built page, which must find all 48 bits; `withServerPart`: and show what was computed on the server. */
async function readsAKey(browser, out, withServerPart = false) {
  const server = await serve({ '/given/': given, '/': out })
  const page = await browser.newPage()
  const complaints = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('response', (response) => {
    if (response.status() >= 400 && !response.url().endsWith('/favicon.ico'))
      complaints.push(`${response.status()} ${response.url()}`)
  })
  try {
    await page.goto(server.url)
    await page.waitForFunction(() => document.title !== 'waiting', null, { timeout: 60_000 }).catch(() => {})
    const title = await page.title()
    if (!title.startsWith('48 of 48 bits') || complaints.length) throw new Error([title, ...complaints].join('\n'))
    if (!withServerPart) return title
    const text = await page.locator('#server').textContent()
    if (!/^41 of 48 bits, [0-9a-f]{8}$/.test(text)) throw new Error(`the server's part says ${text}`)
    return `${title}; on the server ${text}`
  } finally {
    await page.close()
    await server.close()
  }
}

/** A page loads those of them that it uses. */
function scriptsIn(out) {
  const scripts = readdirSync(out, { recursive: true }).filter((name) => /\.m?js$/.test(String(name)))
  return `${scripts.length} scripts`
}
