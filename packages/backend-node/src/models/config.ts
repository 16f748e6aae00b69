import { type Config, readConfig, StableSigError } from '@stablesig/core'
import { parseDocument } from 'yaml'
import { openFile } from '../files/file-source.ts'

/** The training configurations that stand beside checkpoints have some thousand. */
const YAML_BYTES = 2 ** 16

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
 * Reads a configuration that a user names: YAML as it stands beside LDM checkpoints, or JSON, which is YAML too. Plain values
 * only: what a tag asks to construct is refused, and so are more than a hundred aliases.
 * @throws StableSigError 'bad-weights' when it is neither, 'limit' above 64 KB, 'io'
 */
export async function readYamlFile(path: string): Promise<unknown> {
  const source = await openFile(path)
  try {
    if (source.size > YAML_BYTES)
      throw new StableSigError('limit', `${path}: a configuration of ${source.size} bytes, the limit is ${YAML_BYTES}`)
    const bytes = await source.read(0, source.size)
    return parse(path, new TextDecoder().decode(bytes))
  } finally {
    await source.close()
  }
}

function parse(path: string, text: string): unknown {
  const refuse = (why: string, cause?: unknown) =>
    new StableSigError('bad-weights', `${path}: not a configuration in YAML or JSON (${why})`, { cause })
  let value: unknown
  try {
    const document = parseDocument(text, { uniqueKeys: true, prettyErrors: true })
    const [fault] = [...document.errors, ...document.warnings]
    if (fault) throw refuse(fault.message.split('\n', 1)[0] ?? '', fault)
    value = document.toJS({ maxAliasCount: 100 })
  } catch (cause) {
    if (cause instanceof StableSigError) throw cause
    throw refuse(cause instanceof Error ? cause.message : String(cause), cause)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refuse('it is not a mapping')
  return value
}
