import type { Attack } from './attacks.ts'
import { saveFile } from './save-file.ts'
import type { Decided, OpenExtractor } from './state.ts'
import type { Wanted } from './wanted.ts'

/** A decision as it is saved: what was looked at, by what, and what came of it. No key is in it, and nothing that was read. */
export interface Report {
  readonly report: 'stablesig decision 1'
  readonly time: string
  readonly image: {
    readonly name: string
    readonly bytes: number
    readonly sha256: string
    readonly attack: string | null
  }
  readonly extractor: {
    readonly name: string
    readonly sha256: string
    readonly bits: number
    readonly whitened: boolean
  }
  readonly wanted: { readonly keyId: string } | { readonly users: number }
  readonly decision: Omit<Decided, 'width' | 'height'> & { readonly readAt: string }
  readonly engine: string
}

export interface Reported {
  readonly file: File
  readonly sha256: string
  readonly attack: Attack | null
  readonly strength: number
  readonly decided: Decided
  readonly extractor: OpenExtractor
  readonly wanted: Wanted
}

export function reportOf({ file, sha256, attack, strength, decided, extractor, wanted }: Reported): Report {
  const { width, height, ...decision } = decided
  const { bits, whitened } = extractor.detector.extractor
  return {
    report: 'stablesig decision 1',
    time: new Date().toISOString(),
    image: {
      name: file.name,
      bytes: file.size,
      sha256,
      attack: attack && strength > 0 ? `${attack.name}: ${attack.describe(strength)}` : null,
    },
    extractor: { name: extractor.name, sha256: extractor.sha256, bits, whitened },
    wanted: 'key' in wanted ? { keyId: wanted.id } : { users: wanted.registry.size },
    decision: { ...decision, readAt: `${width}x${height}` },
    engine: extractor.detector.engine.engine,
  }
}

/** Hands a report to the visitor as a file. */
export function save(report: Report): void {
  const content = new Blob([`${JSON.stringify(report, null, 2)}\n`], { type: 'application/json' })
  saveFile(content, `${report.image.name.replace(/\.[^.]*$/, '')}.stablesig.json`)
}
