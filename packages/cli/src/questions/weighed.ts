import type { Key, UnitImages } from '@stablesig/core'
import {
  type Searched,
  type SoftDetection,
  type SoftIdentification,
  softDecide,
  softIdentify,
  stateSearch,
} from '@stablesig/core/detection'
import { describeSearch } from '../searched.ts'
import type { ReadingMarks } from './key.ts'
import type { Question } from './question.ts'
import type { Reader } from './reader.ts'
import type { RegistryFile } from './users.ts'

/** A decision by weighed bits, and the reading that made it where several were searched. */
type Weighed<Decision> = Decision & { readonly search?: Searched; readonly whitened: boolean }

/** Does an image carry this key, its surer bits counting more? */
export function weighedKeyQuestion(reader: Reader, key: Key, options: ReadingMarks): Question<Weighed<SoftDetection>> {
  return {
    ask: asker(reader, (rows) => softDecide(rows, { key, fpr: options.fpr })),
    fields: (decision) => ({ detected: decision.detected, ...fieldsOf(decision, options) }),
    line: (decision) => `${decision.detected ? 'detected' : 'not detected'}\t${lineOf(decision, options)}`,
    found: ({ detected }) => detected,
  }
}

/** Whose key does an image carry, its surer bits counting more? */
export function weighedUsersQuestion(
  reader: Reader,
  { registry }: RegistryFile,
  options: ReadingMarks,
): Question<Weighed<SoftIdentification>> {
  return {
    ask: asker(reader, (rows) => softIdentify(rows, { registry, fpr: options.fpr })),
    fields(decision) {
      const { user, verdict, users } = decision
      return { user, verdict, users, ...fieldsOf(decision, options) }
    },
    line: (decision) =>
      `${decision.user ?? (decision.verdict === 'tie' ? 'nobody (tie)' : 'nobody')}\t${lineOf(decision, options)}\tamong ${decision.users}`,
    found: ({ user }) => user !== null,
  }
}

type Common = Weighed<Omit<SoftDetection, 'detected'>>

const fieldsOf = (
  { score, maxScore, matches, total, bits, pValue, fpr, whitened, search }: Common,
  { bits: tellBits }: ReadingMarks,
): object => ({ score, maxScore, matches, total, ...(tellBits ? { bits } : {}), pValue, fpr, whitened, search })

const lineOf = (
  { score, maxScore, matches, total, bits, pValue, search }: Common,
  { bits: tellBits }: ReadingMarks,
): string =>
  `${matches}/${total}\tweight ${score}/${maxScore}\tp-value ${pValue.toExponential(2)}` +
  `${describeSearch(search)}${tellBits ? `\tread ${bits}` : ''}`

/** Reads an image, as it is or as a search does, and has the rows decided on. */
const asker =
  <D extends Omit<SoftDetection, 'detected'>>(
    { extractor, read }: Reader,
    decide: (rows: readonly Float32Array[]) => D,
  ) =>
  async (image: UnitImages): Promise<Weighed<D>> => {
    const found = await read(image)
    const about = { whitened: extractor.whitened === true }
    if (!('rows' in found)) return withAbout(decide([found.logits]), about)
    const decision = decide(found.rows)
    return stateSearch(withAbout(decision, about), found, decision.rawPValue)
  }

/** Beside a decision, whose bits no copy of it would hold. */
const withAbout = <D extends object, A extends object>(decision: D, about: A): D & A => Object.assign(decision, about)
