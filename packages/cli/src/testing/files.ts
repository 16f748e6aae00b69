import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeFileAtomic, writePng } from '@stablesig/backend-node'
import { extractorState, noise, tinyState } from '@stablesig/testing/networks'
import { type StateDict, streamSafetensors } from '@stablesig/weights'
import type { Captured } from '../testing.ts'

const TINY = { width: 4, latentChannels: 4, pooled: false, spelling: 'taesd' } as const

/** A folder for a test: paths of small random networks and of twelve photographs, which `write` writes. */
export function testFiles() {
  const folder = mkdtempSync(join(tmpdir(), 'stablesig-cli-'))
  const at = (...names: string[]) => join(folder, ...names)
  const [extractor, encoder, decoder] = [
    at('extractor.safetensors'),
    at('encoder.safetensors'),
    at('decoder.safetensors'),
  ]
  const save = async (path: string, state: StateDict) =>
    writeFileAtomic(path, (await streamSafetensors(state.tensors)).chunks())
  const picture = (name: string, width: number, height: number) =>
    writePng(name, {
      name,
      width,
      height,
      data: Uint8Array.from(noise(name.slice(folder.length), width * height * 3, 40), (x) =>
        Math.max(0, Math.min(255, 128 + x)),
      ),
    })
  async function write(): Promise<void> {
    await save(extractor, extractorState({ bits: 8, channels: 4, blocks: 1 }))
    await save(encoder, tinyState('encoder', TINY))
    await save(decoder, tinyState('decoder', TINY))
    mkdirSync(at('photos'))
    for (let i = 0; i < 12; i++) await picture(at('photos', `${i}.png`), 48, 40)
    await picture(at('odd.png'), 45, 37)
  }
  const remove = () => rmSync(folder, { recursive: true })
  return { at, extractor, encoder, decoder, save, picture, write, remove }
}

/** What a command printed with --json, line by line. */
export const lines = ({ out }: Captured) =>
  out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
