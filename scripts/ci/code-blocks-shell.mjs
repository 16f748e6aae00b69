import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { shellCommands } from '../lib/code-blocks.mjs'
import { cache, root } from '../lib/workspace.mjs'

/** Stands for options that a document leaves out: what is missing then is no fault. */
const ELISION = '…'
/** Commands of pnpm itself that documents use. */
const OF_PNPM = ['install', 'add', 'vitest']

/**
 * Gives each `stablesig …` of shell blocks to the command's parser, which runs nothing, and looks up each script of `npx -y pnpm@12 …`.
 * @returns {Promise<{ block: object, found: { line: number, message: string }[] }[]>} line: within the block, from 0
 */
export async function shellErrors(blocks) {
  const parse = await parser()
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const messageOf = (words) => {
    const rest = words.join(' ').startsWith('npx -y pnpm@12 ') ? words.slice(3) : words
    if (rest[0] === 'stablesig') return parse(rest.slice(1))
    if (rest === words || rest[0].startsWith('-') || rest[0] in scripts || OF_PNPM.includes(rest[0])) return null
    return `package.json has no script ${rest[0]}`
  }
  return blocks.map((block) => ({
    block,
    found: shellCommands(block.code).flatMap(({ words, line }) => {
      const message = messageOf(words)
      return message === null ? [] : [{ line, message }]
    }),
  }))
}

/** The parser as packages/cli has it in its sources, with commands that do nothing. */
async function parser() {
  const outfile = join(cache, 'code-blocks/program.mjs')
  await build({
    stdin: { contents: "export { makeProgram } from './src/program.ts'", resolveDir: join(root, 'packages/cli') },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    // Commander is CommonJS.
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
    conditions: ['source'],
    // What commands do is imported when they run, which here they never do.
    plugins: [
      {
        name: 'descriptions alone',
        setup({ onResolve }) {
          onResolve({ filter: /.*/ }, ({ kind, path }) => (kind === 'dynamic-import' ? { path, external: true } : null))
        },
      },
    ],
    logLevel: 'error',
  })
  const { makeProgram } = await import(pathToFileURL(outfile).href)
  const io = { out() {}, err() {}, env: {}, signal: new AbortController().signal }
  return (words) => {
    const program = makeProgram(io, () => {})
    for (const command of program.commands) command.action(() => {})
    const elided = words.includes(ELISION)
    try {
      program.parse(
        words.filter((word) => word !== ELISION),
        { from: 'user' },
      )
      return null
    } catch (error) {
      if (error.code === 'commander.helpDisplayed' || (elided && /^commander\.missing/.test(error.code))) return null
      return error.message
    }
  }
}
