import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** Path of a Chromium that is installed: what STABLESIG_CHROMIUM names, else the first in PATH; null where there is none. */
export function findChromium(env = process.env) {
  const named = env.STABLESIG_CHROMIUM
  if (named) return named
  for (const folder of (env.PATH ?? '').split(delimiter))
    for (const name of NAMES) {
      const path = join(folder, name)
      if (folder && existsSync(path)) return path
    }
  return null
}

/** WebGPU through a software adapter, and no sandbox, which containers do not allow. */
export const chromiumArguments = [
  '--no-sandbox',
  '--enable-unsafe-webgpu',
  '--enable-features=Vulkan',
  '--use-webgpu-adapter=swiftshader',
  '--disable-dev-shm-usage',
]

/** What a run without a browser says. */
export const NO_CHROMIUM =
  'no Chromium is installed, so nothing ran in a browser: install one (Debian: apt-get install chromium), or name one in STABLESIG_CHROMIUM'
