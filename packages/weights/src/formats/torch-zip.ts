import type { ByteSource } from '../byte-source.ts'
import type { WeightLimits } from '../limits.ts'
import { Cursor, PickleEnds } from '../pickle/cursor.ts'
import { unpickle } from '../pickle/machine.ts'
import type { PickleValue } from '../pickle/values.ts'
import { badWeights } from '../refuse.ts'
import type { StateDict, StateTensor } from '../state-dict.ts'
import { torchHost } from '../torch/host.ts'
import { bindTensors } from '../torch/storage.ts'
import { type Contents, collect } from '../torch/walk.ts'
import type { ZipArchive } from '../zip/archive.ts'
import type { ZipRecord } from '../zip/record.ts'

/**
 * Opens what torch.save writes: a zip with one folder of any name that holds data.pkl (the objects), data/<key> (a storage
 * each) and byteorder. Read now: the zip's directory and data.pkl.
 *
 * A TorchScript archive, told by its constants.pkl, is the same with objects of its own classes: names are then dotted module
 * paths, as state_dict() gives them. A frozen module keeps its weights as constants: `CONSTANTS.c0` and so on, where there are
 * no others.
 */
export async function openTorchZip(
  source: ByteSource,
  archive: ZipArchive,
  root: string,
  limits: WeightLimits,
): Promise<StateDict> {
  const bigEndian = await readByteOrder(source, archive, root, limits)
  const isScript = archive.has(`${root}/constants.pkl`)
  const value = await readPickle(source, archive, `${root}/data.pkl`, limits)
  const contents = collect(source.name, value, isScript ? '.' : '/', limits)
  const storages = new Set<string>()
  const bindAll = ({ tensors }: Contents, folder: string) =>
    bindTensors(source.name, tensors, (key) => findStorage(archive, `${root}/${folder}/${key}`, storages), bigEndian)
  let tensors: ReadonlyMap<string, StateTensor> = bindAll(contents, 'data')
  if (isScript && tensors.size === 0) {
    const constants = collect(
      source.name,
      await readPickle(source, archive, `${root}/constants.pkl`, limits),
      '.',
      limits,
    )
    tensors = new Map([...bindAll(constants, 'constants')].map(([name, tensor]) => [`CONSTANTS.c${name}`, tensor]))
  }
  // What a record's absence means (a byte order, TorchScript) rests on names, and a name of the directory alone may be damaged.
  for (const name of archive.names) if (!storages.has(name)) await archive.find(name)?.check()
  return {
    source: source.name,
    format: isScript ? 'torchscript' : 'torch-zip',
    tensors,
    metadata: {},
    scalars: contents.scalars,
  }
}

/** A storage's record; its own reading checks its header. */
function findStorage(archive: ZipArchive, name: string, found: Set<string>): ZipRecord | undefined {
  found.add(name)
  return archive.find(name)
}

async function readPickle(
  source: ByteSource,
  archive: ZipArchive,
  name: string,
  limits: WeightLimits,
): Promise<PickleValue> {
  const cursor = new Cursor(await archive.readWhole(name, limits.indexBytes))
  try {
    const value = unpickle(cursor, torchHost(source.name, limits))
    if (cursor.at === cursor.bytes.length) return value
  } catch (cause) {
    if (!(cause instanceof PickleEnds)) throw cause
    throw badWeights(source.name, `the pickle ${name} is cut short or broken: ${cause.message}`)
  }
  throw badWeights(
    source.name,
    `the pickle ${name} ends at byte ${cursor.at} of ${cursor.bytes.length}; something stands behind it`,
  )
}

/** Whether storages are big-endian; files of before torch 2.0 do not say and are little-endian. */
async function readByteOrder(
  source: ByteSource,
  archive: ZipArchive,
  root: string,
  limits: WeightLimits,
): Promise<boolean> {
  const name = `${root}/byteorder`
  if (!archive.has(name)) return false
  const order = new TextDecoder().decode(await archive.readWhole(name, limits.indexBytes)).trim()
  if (order === 'little' || order === 'big') return order === 'big'
  throw badWeights(source.name, `the byte order is ${JSON.stringify(order.slice(0, 20))}; expected little or big`)
}
