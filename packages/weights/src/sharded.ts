import type { ByteSource } from './byte-source.ts'
import { WeightsError } from './errors.ts'
import { type JsonValue, parseJson, readText } from './json.ts'
import { DEFAULT_WEIGHT_LIMITS, type WeightLimits } from './limits.ts'
import { openWeights } from './open.ts'
import { badWeights, guarded, overLimit, quoted, unsafeWeights } from './refuse.ts'
import type { StateDict, StateTensor } from './state-dict.ts'

/** The source of a shard, by its file name as the index has it: a plain name, that of a file beside the index. */
export type FindShard = (file: string) => Promise<ByteSource>

/** What a shard index says. */
export interface ShardIndex {
  /** Tensor -> the file that holds it. */
  readonly files: ReadonlyMap<string, string>
  /** Plain entries beside the map, as text: total_size. */
  readonly metadata: Readonly<Record<string, string>>
}

/** Published models have below a hundred. */
const SHARDS = 1000
/** An index is two objects deep; its metadata is anyone's. */
const DEPTH = 16
/** Names that an error lists before it says how many more there are. */
const LISTED = 8

/**
 * Reads `*.safetensors.index.json` (or `*.bin.index.json`): `{ metadata, weight_map: { tensor: file } }`.
 * @throws WeightsError 'bad-weights' when it is no such index; 'unsafe-weights' for a file that does not lie beside it;
 *   'limit', 'io'
 */
export function readShardIndex(source: ByteSource, limits: Partial<WeightLimits> = {}): Promise<ShardIndex> {
  return guarded(source.name, () => readIndex(source, { ...DEFAULT_WEIGHT_LIMITS, ...limits }))
}

/**
 * Opens weights that are split over several files as one state dict: the index, then each shard's own index; tensors are read
 * when asked for. Index and shards must agree wholly: every tensor that the index names is in the file it names, and a shard
 * holds no others.
 * @param find gives the source of a file name; closing what it opened is its owner's business, after the last `read`
 * @throws WeightsError as readShardIndex and openWeights do; 'io' naming every shard that `find` does not have
 */
export function openSharded(
  index: ByteSource,
  find: FindShard,
  limits: Partial<WeightLimits> = {},
): Promise<StateDict> {
  return guarded(index.name, () => join(index, find, { ...DEFAULT_WEIGHT_LIMITS, ...limits }))
}

async function readIndex(source: ByteSource, limits: WeightLimits): Promise<ShardIndex> {
  const text = await readText(source, 'the shard index', limits.indexBytes)
  const rules = { source: source.name, what: 'the shard index', depth: DEPTH, fractions: true, limits }
  const index = parseJson(text, rules)
  const map = index instanceof Map ? index.get('weight_map') : undefined
  if (!(map instanceof Map))
    throw badWeights(
      source.name,
      'JSON without weight_map, so no shard index; expected weights or an index of shards. Was a download answered by an error?',
    )
  if (map.size === 0) throw badWeights(source.name, 'the shard index names no tensor')
  if (map.size > limits.tensors)
    throw overLimit(source.name, `the shard index names ${map.size} tensors, the limit is ${limits.tensors}`)
  const files = new Map<string, string>()
  for (const [name, file] of map) files.set(name, checkFileName(source.name, name, file))
  const metadata: Record<string, string> = Object.create(null)
  const stated = index instanceof Map ? index.get('metadata') : undefined
  if (stated instanceof Map)
    for (const [key, value] of stated)
      if (typeof value === 'string' || typeof value === 'number') metadata[key] = `${value}`
  return { files, metadata }
}

/** Nothing but a file's own name: no folder, no way up, no drive, no stream, nothing that a terminal would obey. */
function checkFileName(source: string, tensor: string, file: JsonValue): string {
  if (typeof file !== 'string')
    throw badWeights(source, `the shard index has no file name for tensor ${quoted(tensor)}`)
  const plain = /^[^/\\:*?"<>|\p{Cc}\p{Surrogate}]{1,255}$/u.test(file) && !/^\.+$/.test(file) && file.trim() === file
  if (plain) return file
  throw unsafeWeights(
    source,
    `the shard index puts tensor ${quoted(tensor)} in ${quoted(file)}; expected the name of a file beside the index`,
  )
}

async function join(index: ByteSource, find: FindShard, limits: WeightLimits): Promise<StateDict> {
  const { files, metadata } = await readIndex(index, limits)
  const byFile = new Map<string, string[]>()
  for (const [name, file] of files) {
    const names = byFile.get(file)
    if (names) names.push(name)
    else byFile.set(file, [name])
  }
  if (byFile.size > SHARDS)
    throw overLimit(index.name, `the shard index names ${byFile.size} files, the limit is ${SHARDS}`)
  const sources = await findAll(index.name, byFile, find)
  const found = new Map<string, StateTensor>()
  let format: StateDict['format'] | undefined
  let first = ''
  for (const [file, source] of sources) {
    const shard = await openWeights(source, limits)
    format ??= shard.format
    first ||= file
    if (shard.format !== format)
      throw badWeights(index.name, `its shards are of two formats: ${first} is ${format}, ${file} is ${shard.format}`)
    takeShard(index.name, file, shard, byFile.get(file) ?? [], files)
    for (const [name, tensor] of shard.tensors) found.set(name, tensor)
  }
  // In the order of the index, which is that of the model.
  const tensors = new Map<string, StateTensor>()
  for (const name of files.keys()) {
    const tensor = found.get(name)
    if (tensor) tensors.set(name, tensor)
  }
  return { source: index.name, format: format ?? 'safetensors', tensors, metadata, shards: [...byFile.keys()] }
}

/** Every shard's source; all that are missing are told at once. */
async function findAll(
  index: string,
  byFile: ReadonlyMap<string, readonly string[]>,
  find: FindShard,
): Promise<ReadonlyMap<string, ByteSource>> {
  const sources = new Map<string, ByteSource>()
  const missing: string[] = []
  let why: unknown
  for (const file of byFile.keys()) {
    try {
      sources.set(file, await find(file))
    } catch (cause) {
      missing.push(file)
      why ??= cause
    }
  }
  if (missing.length === 0) return sources
  const reason = why instanceof Error ? ` (${why.message})` : ''
  throw new WeightsError(
    'io',
    `${index}: ${missing.length} of ${byFile.size} shards cannot be opened: ${list(missing)}${reason}; ` +
      'all of them must lie beside the index',
    { cause: why },
  )
}

/** Holds a shard to what the index says of it. */
function takeShard(
  index: string,
  file: string,
  shard: StateDict,
  named: readonly string[],
  files: ReadonlyMap<string, string>,
): void {
  const absent = named.filter((name) => !shard.tensors.has(name))
  if (absent.length > 0)
    throw badWeights(index, `the index puts ${absent.length} tensors in ${file} that are not there: ${list(absent)}`)
  const others = [...shard.tensors.keys()].filter((name) => files.get(name) !== file)
  const twice = others.filter((name) => files.has(name))
  if (twice.length > 0)
    throw badWeights(index, `${twice.length} tensors are in ${file} and, by the index, elsewhere too: ${list(twice)}`)
  if (others.length > 0)
    throw badWeights(index, `${file} holds ${others.length} tensors that the index does not name: ${list(others)}`)
}

const list = (names: readonly string[]): string =>
  names.slice(0, LISTED).map(quoted).join(', ') + (names.length > LISTED ? ` and ${names.length - LISTED} more` : '')
