// `npx -y pnpm@12 train data-card`: what the shipped models were trained on, as Markdown.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { dataCard } from './describe-data.ts'
import { here } from './here.ts'

const listed = JSON.parse(await readFile(join(here, 'photographs.json'), 'utf8'))
await writeFile(join(here, '../packages/models/cards/data.md'), dataCard(listed))
