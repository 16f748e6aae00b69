import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build, type Format } from 'esbuild'

const source = join(import.meta.dirname, '..')

export interface ProgramRun {
  readonly code: number | null
  /** Standard output and standard error. */
  readonly printed: string
  /** What it left in its home, its temporary folder and the like, which were empty. */
  readonly left: readonly string[]
}

/**
 * Runs a program on the sources of the packages, bundled as docs/bundling.md shows, in a process of its own whose home and temporary
 * folder are empty and whose environment says nothing of telemetry.
 * @param program TypeScript that imports from './index.ts' as this package's sources do
 */
export async function runProgram(program: string, format: Format = 'esm'): Promise<ProgramRun> {
  // Below this package's node_modules, where what is not bundled is found.
  const folder = mkdtempSync(join(source, '../node_modules/.program-'))
  try {
    const file = join(folder, format === 'esm' ? 'program.mjs' : 'program.cjs')
    const js =
      "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);"
    await build({
      stdin: { contents: program, resolveDir: source, loader: 'ts' },
      bundle: true,
      platform: 'node',
      format,
      conditions: ['source'],
      external: ['sharp', 'onnxruntime-node'],
      outfile: file,
      logLevel: 'silent',
      ...(format === 'esm' ? { banner: { js } } : {}),
    })
    const [home, temporary] = [join(folder, 'home'), join(folder, 'temporary')]
    for (const made of [home, temporary]) mkdirSync(made)
    const { ORT_DISABLE_TELEMETRY: _, ...env } = process.env
    for (const name of Object.keys(env)) if (name.startsWith('XDG_')) delete env[name]
    Object.assign(env, { HOME: home, USERPROFILE: home, LOCALAPPDATA: home, APPDATA: home })
    Object.assign(env, { TMPDIR: temporary, TEMP: temporary, TMP: temporary })
    const { code, printed } = await ended(file, env)
    const left = [home, temporary].flatMap((made) => readdirSync(made, { recursive: true, encoding: 'utf8' }))
    return { code, printed, left }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function ended(file: string, env: NodeJS.ProcessEnv): Promise<{ code: number | null; printed: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [file], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    let printed = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        printed += text
      })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, printed }))
  })
}
