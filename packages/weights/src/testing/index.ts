// What tests of several packages share: files that are good, files that are broken, and how they are refused.
export { expectRefusal } from '../fixtures/errors.ts'
export * as pickle from '../fixtures/pickle.ts'
export { type Piece, zip64 } from '../fixtures/sparse.ts'
export { type Member, torchZip, zip } from '../fixtures/zip.ts'
export * from './corpus.ts'
export { judge, mutated, type Verdict } from './fuzz.ts'
export { type Random, randomFrom } from './mutate.ts'
