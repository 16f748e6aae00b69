// Every code block of the documents, as far as it can be checked without running it. TypeScript and JavaScript, as one program, against
// the types of the packages' sources; of shell, each `stablesig …` by the command's own parser, with the readers of its values, and
// each script of `npx -y pnpm@12 …` by package.json. README's program is also run, by examples.mjs.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { checks } from '../lib/checks.mjs'
import { codeBlocks } from '../lib/code-blocks.mjs'
import { packagesInOrder, root } from '../lib/workspace.mjs'
import { programErrors } from './code-blocks-programs.mjs'
import { shellErrors } from './code-blocks-shell.mjs'

const markdownIn = (folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`)

const documents = [
  ...['README.md', 'CONTRIBUTING.md', 'training/README.md'],
  ...['docs', 'packages/models/cards'].flatMap(markdownIn),
  ...packagesInOrder().map(({ folder }) => `${relative(root, folder)}/README.md`),
].filter((document) => existsSync(join(root, document)))
const blocks = documents.flatMap((document) =>
  codeBlocks(readFileSync(join(root, document), 'utf8')).map((block) => ({ ...block, document })),
)

/** What must be found, or nothing else here means anything. */
const WRONG = [
  { language: 'ts', code: "import { detect } from '@stablesig/core'\ndetect(1)\n" },
  { language: 'js', code: "import { dettect } from '@stablesig/core'\ndettect()\n" },
  { language: 'sh', code: 'npx -y pnpm@12 stablesig detect --no-such-option x.png\n' },
  { language: 'sh', code: 'npx -y pnpm@12 no-such-script\n' },
].map((block) => ({ ...block, document: 'a wrong block is found:', line: 1 }))

const { check, finish } = checks()
blocks.push(...WRONG)
const errors = [
  ...programErrors(blocks.filter(({ language }) => language === 'ts' || language === 'js')),
  ...(await shellErrors(blocks.filter(({ language }) => language === 'sh'))),
]
for (const { block, found } of errors)
  await check(`${block.document}:${block.line} ${block.language}`, () => {
    const faults = found.map(({ line, message }) => `line ${block.line + line}: ${message}`).join('\n')
    if (WRONG.includes(block) ? found.length !== 1 : found.length > 0) throw new Error(faults || 'nothing was found')
  })
finish()
