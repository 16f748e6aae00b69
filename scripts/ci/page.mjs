// Drives the demo page (examples/web) as a visitor would: files, keyboard, the slider, the report, without a network, three widths.
//   node scripts/ci/page.mjs [--screenshots FOLDER]

import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { chromium } from 'playwright'
import { build, preview } from 'vite'
import { loadPictures } from '../browser/load-pictures.mjs'
import { checks } from '../lib/checks.mjs'
import { chromiumArguments, findChromium, NO_CHROMIUM } from '../lib/chromium.mjs'
import { root } from '../lib/workspace.mjs'

/** What signing may take, in milliseconds. */
const SIGNING_MS = 280_000
/** The longest that the page may be busy while its worker signs; on a machine that does nothing else it is below 50. */
const MAX_TASK_MS = 200
const SIGNED_KEY = '110100111000101101001110010110100011101000101101'

const { values: options } = parseArgs({ options: { screenshots: { type: 'string' } } })
const { check, skip, finish } = checks()
const executablePath = findChromium()
if (executablePath === null) {
  skip('the demo page', NO_CHROMIUM)
  finish()
} else await drive()

function equal(found, expected, what) {
  if (JSON.stringify(found) !== JSON.stringify(expected))
    throw new Error(`${what}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`)
}

async function drive() {
  const weights = join(root, 'goldens/fixtures/extractor/weights-48x1.safetensors')
  const { pictureWithKey } = await loadPictures()
  const { file, key } = await pictureWithKey(weights, 64)
  const configFile = join(root, 'examples/web/vite.config.ts')
  await build({ configFile, logLevel: 'error' })
  const server = await preview({ configFile, logLevel: 'error', preview: { port: 0, host: '127.0.0.1' } })
  const url = server.resolvedUrls.local[0]
  const browser = await chromium.launch({ executablePath, args: chromiumArguments })
  try {
    const context = await browser.newContext({ viewport: { width: 1440, height: 1000 } })
    const page = await context.newPage()
    page.setDefaultTimeout(20_000)
    const complaints = []
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))

    await check('opens, cross-origin isolated, and says what is missing', async () => {
      await page.goto(url)
      equal(await page.evaluate(() => globalThis.crossOriginIsolated), true, 'isolated')
      await page.getByText('extractor-48: reads 48 bits.').waitFor()
      await page.getByText('No key yet.').waitFor()
      await axe(page)
    })

    await check('an image that comes first waits for a key, with the extractor of the project or another', async () => {
      await page
        .getByLabel('Choose images')
        .setInputFiles({ name: 'holiday.png', mimeType: 'image/png', buffer: Buffer.from(file) })
      await page.getByText('Waits for a key').waitFor()
      await page.locator('#extractor-file').setInputFiles(weights)
      await page.getByText('reads 48 bits, not whitened').waitFor()
      await page.getByText('Waits for a key').waitFor()
    })

    await check('a key of another length is refused in words', async () => {
      await page.getByLabel('Key or registry').fill('0101')
      await page.locator('#key-status.failed').waitFor()
    })

    await check('an extractor without whitening decides only where the visitor agrees', async () => {
      await page.getByLabel('Key or registry').fill(key)
      const consent = page.getByLabel(/Decide with this extractor all the same/)
      await consent.waitFor()
      await consent.focus()
      await page.keyboard.press('Space')
      await page.getByText('Mark found').waitFor()
      await page.getByText('48 of 48; 41 are needed').waitFor()
      await page.getByText(/one in \d+ trillion agrees as well/).waitFor()
      await axe(page)
    })

    await check('the slider attacks the image, by keyboard, and the decision follows', async () => {
      await page.getByLabel('Attack').selectOption('Blur')
      const slider = page.getByLabel('Strength')
      await slider.focus()
      await page.keyboard.press('End')
      await page.getByText('Blur: 6.0 pixels').waitFor()
      await page.getByText(/^([0-3]\d|4[0-7]) of 48; /).waitFor()
      await page.keyboard.press('Home')
      await page.getByText('48 of 48; 41 are needed').waitFor()
    })

    await check('the report has the decision, and neither key nor what was read', async () => {
      const save = page.getByRole('button', { name: 'Save the report' })
      const [download] = await Promise.all([page.waitForEvent('download'), save.click()])
      const text = readFileSync(await download.path(), 'utf8')
      const report = JSON.parse(text)
      equal(report.decision.matches, 48, 'matches')
      equal(report.image.name, 'holiday.png', 'image')
      equal(
        [report.image.sha256.length, report.extractor.sha256.length, report.wanted.keyId.length],
        [64, 64, 8],
        'hashes',
      )
      if (text.includes(key)) throw new Error('the key is in the report')
    })

    await check('a registry says whose mark it is', async () => {
      const other = key.replace(/[01]/g, (bit) => (bit === '0' ? '1' : '0'))
      await page.getByLabel('Key or registry').fill(`bob\t${other}\nada\t${key}`)
      await page.getByText('2 users.').waitFor()
      await page.getByText('Mark of ada found').waitFor()
    })

    await check('what is no image is told, and the rest goes on', async () => {
      const dropped = await page.evaluateHandle(() => {
        const data = new DataTransfer()
        data.items.add(new File(['no image at all'], 'notes.txt'))
        return data
      })
      await page.dispatchEvent('#drop', 'drop', { dataTransfer: dropped })
      await page.getByText('notes.txt: it is not an image of a known format').waitFor()
      await page.getByText('2 images: 1 with a mark, 1 that cannot be decided on.').waitFor()
    })

    await check('an image is removed by keyboard, and the focus stays among the images', async () => {
      await page.getByRole('button', { name: 'Remove' }).last().focus()
      await page.keyboard.press('Enter')
      await page.getByText('1 image: 1 with a mark.').waitFor()
      equal(await page.evaluate(() => document.activeElement?.className), 'remove', 'focus')
    })

    await signing(page)

    await check('nothing scrolls sideways, and nothing is hard to read, at three widths, light and dark', async () => {
      if (options.screenshots) mkdirSync(options.screenshots, { recursive: true })
      for (const colorScheme of ['light', 'dark'])
        for (const width of [390, 820, 1440]) {
          await page.emulateMedia({ colorScheme })
          await page.setViewportSize({ width, height: 1000 })
          const over = await page.evaluate(() => document.documentElement.scrollWidth - globalThis.innerWidth)
          if (over > 0) throw new Error(`at ${width} px the page is ${over} px too wide`)
          await axe(page)
          if (options.screenshots)
            await page.screenshot({
              path: join(options.screenshots, `page-${width}-${colorScheme}.png`),
              fullPage: true,
            })
        }
    })

    await check('works without a network once it has been loaded', async () => {
      await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
      await page.reload()
      await page.getByText('extractor-48: reads 48 bits.').waitFor()
      await context.setOffline(true)
      await page.reload()
      await page.getByText('extractor-48: reads 48 bits.').waitFor()
      await page.locator('#extractor-file').setInputFiles(weights)
      await page.getByText('reads 48 bits, not whitened').waitFor()
    })

    await check('complained of nothing', () => {
      equal(complaints, [], 'errors in the console')
    })
  } finally {
    await browser.close()
    await server.close()
  }
  finish()
}

/** Signs the small decoder in the page, cancels first, and looks for the mark in what the signed decoder makes. */
async function signing(page) {
  const status = page.locator('#sign-status')
  await check('signing is cancelled by keyboard, and the page answers at once', async () => {
    await page.getByRole('button', { name: 'Sign the decoder' }).focus()
    await page.keyboard.press('Enter')
    await page.locator('#sign-facts').getByText('1 of at most').waitFor({ timeout: SIGNING_MS })
    equal(await page.evaluate(() => document.activeElement?.id), 'sign-cancel', 'focus')
    const before = Date.now()
    await page.keyboard.press('Enter')
    await status.getByText(/^Cancelled after \d+ steps?\.$/).waitFor()
    if (Date.now() - before > 2000) throw new Error(`cancelled after ${Date.now() - before} ms`)
    equal(await page.evaluate(() => document.activeElement?.id), 'sign-start', 'focus')
  })

  await check('photographs to train on are chosen or dropped, and given back for drawn pictures', async () => {
    const dropped = await page.evaluateHandle(() => {
      const data = new DataTransfer()
      for (const name of ['a.png', 'b.png']) data.items.add(new File(['a photograph'], name))
      return data
    })
    const images = await page.locator('.card').count()
    await page.dispatchEvent('#training-drop', 'drop', { dataTransfer: dropped })
    await page.getByText('2 photographs of yours.').waitFor()
    equal(await page.locator('.card').count(), images, 'images that are looked at')
    await page.getByRole('button', { name: 'Sign the decoder' }).click()
    await status.getByText('a.png: it is not an image of a known format').waitFor()
    await page.getByRole('button', { name: 'Use the drawn ones' }).click()
    await page.getByText('16 pictures that this page draws.').waitFor()
  })

  await check('a key that is none is refused in words', async () => {
    await page.getByLabel('48 bits, as 0 and 1').fill('012')
    await page.getByRole('button', { name: 'Sign the decoder' }).click()
    await page.locator('#sign-status.failed').waitFor()
  })

  await check('signs the decoder at 64 pixels until .95 of the training pictures’ bits are right', async () => {
    const field = page.getByLabel('48 bits, as 0 and 1')
    await page.getByRole('button', { name: 'Draw a key' }).click()
    const drawn = await field.inputValue()
    if (!/^[01]{48}$/.test(drawn)) throw new Error('no key of 48 bits was drawn')
    // How many steps it takes depends on the key.
    await field.fill(SIGNED_KEY)
    await page.evaluate(() => {
      globalThis.longTasks = []
      new PerformanceObserver((list) => globalThis.longTasks.push(...list.getEntries().map((e) => e.duration))).observe(
        {
          type: 'longtask',
        },
      )
    })
    const before = Date.now()
    await page.getByRole('button', { name: 'Sign the decoder' }).click()
    await page.getByText('difference ×10').waitFor({ timeout: SIGNING_MS })
    equal(await page.locator('.previews tbody canvas').count(), 9, 'pictures')
    await status.getByText(/^Signed in /).waitFor({ timeout: SIGNING_MS })
    const said = await status.textContent()
    const [, matches, total] = /s: (\d+) of (\d+) /.exec(said) ?? []
    if (!(matches / total >= 0.95)) throw new Error(`not signed well enough: ${said}`)
    const longest = Math.max(0, ...(await page.evaluate(() => globalThis.longTasks)))
    if (longest >= MAX_TASK_MS) throw new Error(`a task of the page took ${longest} ms`)
    const engine = await page.locator('#engine').textContent()
    await axe(page)
    return `${said} In all ${Math.round((Date.now() - before) / 1000)} s, longest task ${longest} ms. ${engine}`
  })

  await check('decoder and key are downloaded', async () => {
    const [decoder] = await downloads(page, 'Download the decoder')
    const bytes = readFileSync(await decoder.path())
    const original = readFileSync(join(root, 'packages/models/weights/autoencoder-16.safetensors'))
    equal([decoder.suggestedFilename(), bytes.length], ['autoencoder-16-signed.safetensors', original.length], 'file')
    if (bytes.equals(original)) throw new Error('the decoder is the unsigned one')
    const [file] = await downloads(page, 'Download the key')
    equal(
      readFileSync(await file.path(), 'utf8').trim(),
      await page.getByLabel('48 bits, as 0 and 1').inputValue(),
      'key',
    )
  })

  await check('what the signed decoder makes is found to be marked', async () => {
    await page.getByRole('button', { name: 'Mark a training picture' }).click()
    const card = page.locator('.card', { hasText: 'marked training picture.png' })
    await card.getByText('Mark found').waitFor({ timeout: 60_000 })
    await axe(page)
    return await card.locator('dl').textContent()
  })
}

function downloads(page, name) {
  return Promise.all([page.waitForEvent('download'), page.getByRole('button', { name }).click()])
}

/** Fails on what axe-core calls serious or critical under WCAG 2.1 AA. */
async function axe(page) {
  await page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'))
  const serious = await page.evaluate(async () => {
    const { violations } = await globalThis.axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] })
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(', ')}`)
  })
  if (serious.length) throw new Error(serious.join('\n'))
}
