import { appendFile } from 'node:fs/promises'
import { cannotWrite } from '@stablesig/backend-node'
import { jsonLine } from '../io.ts'

/** Appends lines of JSON to a file, where there is one; numbers with five digits. @throws StableSigError 'io' */
export const logTo =
  (path: string | undefined) =>
  async (entry: object): Promise<void> => {
    if (path === undefined) return
    await appendFile(path, jsonLine({ ...shortened(entry), time: new Date().toISOString() })).catch(cannotWrite(path))
  }

const shortened = (entry: object): object =>
  JSON.parse(JSON.stringify(entry), (_, value) => (typeof value === 'number' ? Number(value.toPrecision(5)) : value))
