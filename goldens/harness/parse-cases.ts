import type { GoldenCase, Tolerance } from '../topic.ts'

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * The cases that a topic's list holds.
 * @param file where it is from, for errors
 * @throws Error when a field is missing, or the list is empty
 */
export function parseCases(file: string, list: unknown): GoldenCase[] {
  if (!Array.isArray(list) || list.length === 0) throw new Error(`no goldens: ${file} lists no case`)
  return list.map((raw, i) => parseCase(raw, `${file}, case ${i}`))
}

function parseCase(raw: unknown, where: string): GoldenCase {
  if (!isRecord(raw)) throw new Error(`${where}: not an object`)
  const text = (field: string): string => {
    const value = raw[field]
    if (typeof value !== 'string') throw new Error(`${where}: ${field} is not a string`)
    return value
  }
  const names = (field: string): string[] => {
    const value = raw[field]
    if (!Array.isArray(value) || !value.every((one) => typeof one === 'string'))
      throw new Error(`${where}: ${field} is not a list of names`)
    return value
  }
  if (!isRecord(raw.args)) throw new Error(`${where}: args is not an object`)
  return {
    name: text('name'),
    file: text('file'),
    op: text('op'),
    args: raw.args,
    inputs: names('inputs'),
    outputs: names('outputs'),
    tolerance: parseTolerances(raw.tolerance, where),
    note: text('note'),
    raw,
  }
}

function parseTolerances(raw: unknown, where: string): GoldenCase['tolerance'] {
  const whole = parseTolerance(raw, where)
  if (!isRecord(raw) || !isRecord(raw.outputs)) return whole
  const outputs = Object.entries(raw.outputs).map(([name, one]) => [name, parseTolerance(one, `${where}, ${name}`)])
  return { ...whole, outputs: Object.fromEntries(outputs) }
}

function parseTolerance(raw: unknown, where: string): Tolerance {
  if (!isRecord(raw) || typeof raw.abs !== 'number' || typeof raw.rel !== 'number')
    throw new Error(`${where}: no tolerance with abs and rel`)
  return { abs: raw.abs, rel: raw.rel, ...(typeof raw.mean === 'number' ? { mean: raw.mean } : {}) }
}
