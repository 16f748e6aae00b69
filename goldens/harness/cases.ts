import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { GoldenCase } from '../topic.ts'
import { parseCases } from './parse-cases.ts'

/** The cases of a topic's folder. @throws Error when the folder or a field is missing, or the list is empty */
export function readCases(folder: string): GoldenCase[] {
  const file = join(folder, 'cases.json')
  if (!existsSync(file)) throw new Error(`no goldens: ${file} does not exist`)
  return parseCases(file, JSON.parse(readFileSync(file, 'utf8')))
}
