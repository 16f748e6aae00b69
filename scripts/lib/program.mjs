import { mkdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build as bundle } from 'esbuild'
import { build } from './build.mjs'
import { failWith } from './fail.mjs'
import { tellFolders } from './folders.mjs'
import { root } from './workspace.mjs'

/**
 * Runs a program of the workspace in this process, as if the user had started it from the folder they stand in (pnpm starts
 * scripts in the root and tells that folder in INIT_CWD). Packages are built first where they are stale. In this process:
 * signals, standard input and the exit code are then the program's own.
 * @param {string} file path from the root: JavaScript, or TypeScript that is first bundled beside it
 * @param {string[]} args
 */
export async function runProgram(file, args) {
  await build().catch(failWith)
  const path = file.endsWith('.ts') ? await bundled(join(root, file)) : join(root, file)
  tellFolders()
  process.chdir(process.env.INIT_CWD ?? process.cwd())
  process.argv = [process.argv[0], path, ...args]
  await import(pathToFileURL(path).href).catch((error) => {
    if (error.name === 'StableSigError') failWith(error)
    throw error
  })
}

/** One JavaScript file of a TypeScript program, in a folder from where Node finds the program's dependencies. */
async function bundled(entry) {
  const outfile = join(dirname(entry), '.cache', basename(entry).replace(/\.ts$/, '.mjs'))
  mkdirSync(dirname(outfile), { recursive: true })
  await bundle({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    // What is private has no dist: its sources become part of the program.
    alias: { '@stablesig/testing': join(root, 'packages/testing/src') },
    sourcemap: 'inline',
    logLevel: 'warning',
  })
  return outfile
}
