import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { linksOf } from './site-links.mjs'

const folder = mkdtempSync(join(tmpdir(), 'stablesig-site-'))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('links are followed to files and to what their # names, below the base alone', () => {
  mkdirSync(join(folder, 'api'), { recursive: true })
  writeFileSync(join(folder, 'api/index.html'), '<a href="nowhere.html">not looked at</a>')
  writeFileSync(join(folder, 'other.html'), '<h2 id="here">Here</h2>')
  const links = [
    ...['./other.html', '/base/other#here', '/base/api/', 'https://elsewhere.example/x', '#top'],
    ...['/base/other.html#gone', '/base/missing.html', '/other.html'],
  ]
  writeFileSync(
    join(folder, 'index.html'),
    `<h1 id="top">x</h1>${links.map((link) => `<a class="x" href="${link}">y</a>`).join('')}`,
  )
  expect(linksOf(folder, '/base/')).toEqual({
    checked: 7,
    dead: ['index.html: /base/other.html#gone', 'index.html: /base/missing.html', 'index.html: /other.html'],
  })
})
