import { type ByteSource, checkByteSource } from './byte-source.ts'
import { openNpy, openNpz } from './formats/npz.ts'
import { openSafetensors, safetensorsHeaderLength } from './formats/safetensors.ts'
import { isLegacy, openLegacy } from './formats/torch-legacy.ts'
import { openTorchZip } from './formats/torch-zip.ts'
import { DEFAULT_WEIGHT_LIMITS, type WeightLimits } from './limits.ts'
import { badWeights, guarded, readRange } from './refuse.ts'
import type { StateDict } from './state-dict.ts'
import { openZip } from './zip/archive.ts'

/**
 * Opens a weights file: safetensors, PyTorch's zip and its older stream, TorchScript, npz and npy, told apart by their bytes,
 * never by a name. The index is read (a header, a zip's directory, a pickle), tensors when asked for, each by ranges: a file
 * larger than memory costs what is taken from it. Nothing a file says is run.
 *
 * Names: as the file has them; keys of nested dicts and lists joined by '/' (`state_dict/decoder.conv_in.weight`); TorchScript's
 * as state_dict() gives them.
 * @param limits what opening may cost; see `DEFAULT_WEIGHT_LIMITS`
 * @throws WeightsError 'bad-weights' for a file that is broken or none of these, 'unsafe-weights' for one that would call
 *   something, 'limit', 'unsupported', 'io', 'bad-argument'; so does a tensor's `read`
 */
export async function openWeights(source: ByteSource, limits: Partial<WeightLimits> = {}): Promise<StateDict> {
  checkByteSource(source)
  return guarded(source.name, () => open(source, { ...DEFAULT_WEIGHT_LIMITS, ...limits }))
}

async function open(source: ByteSource, limits: WeightLimits): Promise<StateDict> {
  const head = await readRange(source, 0, Math.min(64, source.size), 'the first bytes')
  const starts = (...bytes: number[]) => bytes.every((byte, i) => head[i] === byte)
  if (starts(0x50, 0x4b, 0x03, 0x04)) return openArchive(source, limits)
  if (isLegacy(head)) return openLegacy(source, limits)
  if (starts(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59)) return openNpy(source, limits)
  if (head[8] === 0x7b || safetensorsHeaderLength(head, source.size) !== null) return openSafetensors(source, limits)
  throw badWeights(source.name, notWeights(head, source.size))
}

async function openArchive(source: ByteSource, limits: WeightLimits): Promise<StateDict> {
  const archive = await openZip(source, limits)
  const pickles = archive.names.filter((name) => /^[^/]+\/data\.pkl$/.test(name))
  const [pickle, another] = pickles
  if (another)
    throw badWeights(source.name, `the zip holds ${pickles.length} checkpoints: ${pickles.slice(0, 4).join(', ')}`)
  if (pickle) return openTorchZip(source, archive, pickle.slice(0, -'/data.pkl'.length), limits)
  if (archive.names.length > 0 && archive.names.every((name) => name.endsWith('.npy')))
    return openNpz(source, archive, limits)
  const some = archive.names.slice(0, 4).join(', ')
  throw badWeights(
    source.name,
    `a zip without data.pkl (PyTorch) or .npy arrays (NumPy); it holds ${some || 'nothing'}`,
  )
}

/** What it looks like instead, and what to do. */
function notWeights(head: Uint8Array, size: number): string {
  // A character a byte. TextDecoder's latin1 is windows-1252, which has others for 80 to 9f.
  const text = String.fromCharCode(...head)
  const expected = 'expected safetensors, a PyTorch checkpoint, TorchScript or npz'
  if (size === 0) return `the file is empty; ${expected}`
  if (text.startsWith('version https://git-lfs'))
    return `a Git LFS pointer, not the file itself; fetch it with 'git lfs pull'`
  if (/^\s*<(!doctype|html)/i.test(text))
    return `a web page, not weights; ${expected}. Was a download answered by an error page?`
  if (/^\s*\{/.test(text)) return `JSON text, not weights; ${expected}. Was a download answered by an error?`
  if (text.startsWith('\x1f\x8b')) return `a gzip file; unpack it first (${expected})`
  if (text.startsWith('\x89PNG') || text.startsWith('\xff\xd8')) return `a picture; ${expected}`
  if (text.startsWith('\x80'))
    return `a bare pickle, which is no PyTorch checkpoint; ${expected}. Nothing of it was run`
  if (text.startsWith('\x89HDF')) return `an HDF5 file; ${expected}`
  if (text.startsWith('GGUF')) return `a GGUF file; ${expected}`
  const bytes = [...head.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0'))
  return `no kind of weights file known here (its first bytes are ${bytes.join(' ')}); ${expected}`
}
