import type { Extractor } from '@stablesig/core'
import type { Io } from './io.ts'

/** Warns, once a command, of p-values that an extractor without whitening cannot vouch for. Each JSON line says it too. */
export function warnUnwhitened({ whitened }: Extractor, path: string, io: Io): void {
  if (whitened) return
  io.err(
    `stablesig: warning: ${path} is not whitened: its bits are neither fair nor independent on plain images, ` +
      'so that unmarked images can be taken for marked ones far more often than the p-values say\n',
  )
}
