import { StableSigError } from '@stablesig/core'
import { abortedError, badArgument } from '@stablesig/core/errors'
import { type ByteSource, memorySource } from '@stablesig/weights'
import { checkHash, sha256Of } from './hash.ts'
import { fromStore, toStore } from './store.ts'

/** Where weights come from: a URL, as text or not, or a file that the visitor chose. */
export type WeightsInput = string | URL | Blob

export interface WeightsProgress {
  /** Bytes that are there. */
  readonly loaded: number
  /** Bytes in all; null where the server does not tell. */
  readonly total: number | null
}

export interface WeightsSourceOptions {
  /** Called as bytes come in, and once at the end. */
  readonly onProgress?: (progress: WeightsProgress) => void
  /** Bytes that are taken at most; a larger file is refused as soon as that is known. Default 2 GiB. */
  readonly maxBytes?: number
  /** SHA-256 of the file, in hex: any other file is refused. */
  readonly sha256?: string
  /**
   * Whether a file from a URL is kept in the browser's storage under its `sha256`, so that it is fetched once. Default true; without
   * a `sha256` nothing is kept, since nobody could tell an old file from a new one.
   */
  readonly cache?: boolean
  readonly signal?: AbortSignal
}

const MAX_BYTES = 2 ** 31

/**
 * The bytes of a weights file, for `openWeights` and what loads models. A chosen file is read in ranges as tensors are asked for; one
 * from a URL is fetched whole.
 * @throws StableSigError 'io' where it cannot be fetched or read, 'limit', 'bad-weights' for another hash, 'aborted', 'bad-argument'
 */
export async function weightsSource(input: WeightsInput, options: WeightsSourceOptions = {}): Promise<ByteSource> {
  const { maxBytes = MAX_BYTES, signal } = options
  const sha256 = options.sha256 === undefined ? undefined : checkHash(options.sha256)
  if (input instanceof Blob) return ofBlob(input, { ...options, maxBytes, sha256 })
  if (typeof input !== 'string' && !(input instanceof URL))
    throw badArgument('weights', 'a URL, or a File or Blob', input)
  const url = resolve(input)
  const name = nameOf(url)
  const kept = sha256 !== undefined && options.cache !== false
  if (kept) {
    const stored = await fromStore(sha256)
    if (stored && (await sha256Of(stored)) === sha256) {
      options.onProgress?.({ loaded: stored.length, total: stored.length })
      return memorySource(name, stored)
    }
  }
  const bytes = await fetched(url, name, { ...options, maxBytes, sha256 })
  if (sha256 !== undefined) expectHash(name, sha256, await sha256Of(bytes))
  if (signal?.aborted) throw abortedError(signal, `Stopped after ${name} was fetched`)
  if (kept) await toStore(sha256, bytes)
  return memorySource(name, bytes)
}

function resolve(input: string | URL): URL {
  try {
    return new URL(input, globalThis.location?.href)
  } catch (cause) {
    throw new StableSigError('bad-argument', 'weights: the text is no URL', { cause })
  }
}

/** What errors call it: the last part of its path, without what may be secret behind it. */
const nameOf = (url: URL): string => decodeURIComponent(url.pathname.split('/').at(-1) || url.hostname || 'weights')

function expectHash(name: string, expected: string, found: string): void {
  if (found !== expected)
    throw new StableSigError(
      'bad-weights',
      `${name} has the sha256 ${found}, expected ${expected}: it is another file, or was damaged on its way`,
    )
}

const tooLarge = (name: string, bytes: number, maxBytes: number) =>
  new StableSigError('limit', `${name} has ${bytes} bytes or more, beyond the ${maxBytes} allowed (maxBytes)`)

type Checked = Omit<WeightsSourceOptions, 'maxBytes' | 'sha256'> & {
  readonly maxBytes: number
  readonly sha256: string | undefined
}

async function fetched(url: URL, name: string, { maxBytes, signal, onProgress }: Checked): Promise<Uint8Array> {
  const failed =
    (what: string) =>
    (cause: unknown): never => {
      if (signal?.aborted) throw abortedError(signal, `Stopped while ${name} was fetched`)
      throw new StableSigError('io', `${name} ${what}`, { cause })
    }
  const response = await fetch(url, { ...(signal ? { signal } : {}) }).catch(
    failed('cannot be fetched: its server does not answer, or does not let this page read it (CORS)'),
  )
  if (!response.ok || response.body === null)
    throw new StableSigError(
      'io',
      `${name} cannot be fetched: its server says ${response.status} ${response.statusText}`,
    )
  // A compressed transfer says how long it is compressed.
  const length = response.headers.get('content-encoding') === null ? Number(response.headers.get('content-length')) : 0
  const total = length > 0 ? length : null
  if (total !== null && total > maxBytes) {
    await response.body.cancel()
    throw tooLarge(name, total, maxBytes)
  }
  const parts: Uint8Array[] = []
  let loaded = 0
  const reader = response.body.getReader()
  for (;;) {
    const { done, value } = await reader.read().catch(failed('was cut off while it was fetched'))
    if (done) break
    loaded += value.length
    if (loaded > maxBytes) {
      await reader.cancel()
      throw tooLarge(name, loaded, maxBytes)
    }
    parts.push(value)
    onProgress?.({ loaded, total })
  }
  if (total !== null && loaded !== total)
    throw new StableSigError('io', `${name} was cut off: ${loaded} bytes came of ${total}`)
  return new Uint8Array(await new Blob(parts.map((part) => new Uint8Array(part))).arrayBuffer())
}

async function ofBlob(blob: Blob, { maxBytes, sha256, signal, onProgress }: Checked): Promise<ByteSource> {
  const name = blob instanceof File ? blob.name : 'weights'
  if (blob.size > maxBytes) throw tooLarge(name, blob.size, maxBytes)
  const read = async (offset: number, length: number) => {
    if (signal?.aborted) throw abortedError(signal, `Stopped while ${name} was read`)
    try {
      return new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer())
    } catch (cause) {
      throw new StableSigError('io', `${name} cannot be read: it was moved, changed or deleted after it was chosen`, {
        cause,
      })
    }
  }
  if (sha256 !== undefined) {
    const bytes = await read(0, blob.size)
    expectHash(name, sha256, await sha256Of(bytes))
    onProgress?.({ loaded: blob.size, total: blob.size })
    return memorySource(name, bytes)
  }
  onProgress?.({ loaded: blob.size, total: blob.size })
  return { name, size: blob.size, read }
}
