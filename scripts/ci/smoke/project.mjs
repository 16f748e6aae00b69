import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pnpm } from '../../lib/exec.mjs'
import { packAll } from '../../lib/pack.mjs'
import { root } from '../../lib/workspace.mjs'

/** What a page that detects installs, and what those packages depend on. */
const PACKAGES = ['stats', 'gradients', 'weights', 'core', 'images', 'tfjs-backend-onnx', 'backend-web']

/** Versions of what is installed besides: bundlers of which the workspace needs no more than this. */
const TOOLS = {
  webpack: { webpack: '5.113.0' },
  next: { next: '16.4.6', react: '19.3.1', 'react-dom': '19.3.1' },
}

/**
 * A user's project outside of the checkout, with the packed packages and what the named smoke builds need.
 * @param {string} folder empty
 * @param {string[]} names of smoke builds
 */
export async function makeProject(folder, names) {
  const tarballs = await packAll({
    types: false,
    folder: 'packed-for-pages',
    names: PACKAGES.map((name) => `@stablesig/${name}`),
  })
  const files = Object.fromEntries([...tarballs].map(([name, file]) => [name, `file:${file}`]))
  const dependencies = { ...files, '@tensorflow/tfjs-core': pinned('@tensorflow/tfjs-core'), vite: pinned('vite') }
  for (const name of names) Object.assign(dependencies, TOOLS[name])
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'user', private: true, type: 'module', dependencies }, null, 2),
  )
  // Packed packages name each other by version; those versions are the tarballs.
  const overrides = Object.entries(files).map(([name, file]) => `  "${name}": "${file}"\n`)
  const builds = ['esbuild', 'onnxruntime-node', 'protobufjs', 'sharp'].map((name) => `  ${name}: false\n`)
  writeFileSync(
    join(folder, 'pnpm-workspace.yaml'),
    `overrides:\n${overrides.join('')}allowBuilds:\n${builds.join('')}`,
  )
  await pnpm(['install', '--prefer-offline', '--no-frozen-lockfile'], { cwd: folder })
  for (const part of ['page', ...names.filter((name) => name in TOOLS)])
    cpSync(join(root, 'scripts/ci/smoke', part), join(folder, part), { recursive: true })
}

/** The version that the workspace's catalog has. */
function pinned(name) {
  const [, catalog] = readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8').split('\ncatalog:\n')
  return new RegExp(`^ +"?${name}"?: (\\S+)`, 'm').exec(catalog)[1]
}
