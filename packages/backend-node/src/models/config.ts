import { StableSigError } from '@stablesig/core'
import { type Config, decodeText, readConfig, Utf8Pieces } from '@stablesig/weights'
import { parseDocument } from 'yaml'
import { openFile } from '../files/file-source.ts'

/*
 * What a yaml may be before it is given to its parser, which is recursive and takes deep nesting for an end of the process.
 * Training configurations have some thousand bytes, a hundred a line at most, and ten levels.
 */
const YAML_BYTES = 2 ** 15
const LINE = 500
const BRACKETS = 500
const DEPTH = 32

/** Reads a model's config.json. @throws StableSigError as core's readConfig does */
export async function readConfigFile(path: string): Promise<Config> {
  const source = await openFile(path)
  try {
    return await readConfig(source)
  } finally {
    await source.close()
  }
}

/**
 * Reads a configuration that a user names: YAML as it stands beside LDM checkpoints, or JSON, told by its first character. Plain
 * values only: what a tag asks to construct is refused, and so are more than a hundred aliases.
 * @throws StableSigError 'bad-weights' when it is neither; 'limit' above 32 KB, lines of 500 characters or 500 brackets, and for keys
 *   behind '? '; 'io'
 */
export async function readYamlFile(path: string): Promise<Readonly<Record<string, unknown>>> {
  const source = await openFile(path)
  try {
    const first = await source.read(0, Math.min(64, source.size))
    const head = asText(path, () => new Utf8Pieces().push(first))
    if (/^\s*\{/.test(new TextDecoder().decode(head))) return await readConfig(source)
    const tooMuch = (what: string) => new StableSigError('limit', `${path}: a configuration in YAML ${what}`)
    if (source.size > YAML_BYTES) throw tooMuch(`of ${source.size} bytes, the limit is ${YAML_BYTES}`)
    const bytes = await source.read(0, source.size)
    const text = asText(path, () => decodeText(bytes))
    if (text.split(/\r\n|\r|\n/).some((line) => line.length > LINE))
      throw tooMuch(`with a line above ${LINE} characters`)
    if (/^[ \t-]*\?(\s|$)/m.test(text)) throw tooMuch("with keys behind '? ', which no configuration needs")
    if ((text.match(/[[{]/g)?.length ?? 0) > BRACKETS) throw tooMuch(`with more than ${BRACKETS} brackets`)
    return parse(path, text)
  } finally {
    await source.close()
  }
}

/** An encoding's fault is the configuration's. */
function asText<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (!(cause instanceof StableSigError)) throw cause
    throw new StableSigError('bad-weights', `${path}: not a configuration in YAML or JSON (${cause.message})`, {
      cause,
    })
  }
}

function parse(path: string, text: string): Readonly<Record<string, unknown>> {
  const refuse = (why: string, cause?: unknown) =>
    new StableSigError('bad-weights', `${path}: not a configuration in YAML or JSON (${why})`, { cause })
  try {
    const document = parseDocument(text, { uniqueKeys: true, prettyErrors: true, logLevel: 'error' })
    const [fault] = [...document.errors, ...document.warnings]
    if (fault) throw refuse(fault.message.split('\n', 1)[0] ?? '', fault)
    const value = plain(document.toJS({ maxAliasCount: 100 }), refuse)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  } catch (cause) {
    if (cause instanceof StableSigError) throw cause
    throw refuse(cause instanceof Error ? cause.message : String(cause), cause)
  }
  throw refuse('it is not a mapping')
}

/** A copy of plain values alone: no dates, sets or bytes, and nothing that contains itself. */
function plain(value: unknown, refuse: (why: string) => StableSigError, depth = 0): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value
  if (depth > DEPTH) throw refuse(`it is more than ${DEPTH} levels deep, or contains itself`)
  if (Array.isArray(value)) return value.map((item) => plain(item, refuse, depth + 1))
  if (typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype)
    throw refuse('it holds values that are neither text, numbers, true, false nor null')
  const copy: Record<string, unknown> = Object.create(null)
  for (const [key, item] of Object.entries(value)) copy[key] = plain(item, refuse, depth + 1)
  return copy
}
