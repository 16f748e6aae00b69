/** Good files, what breaks them, and whether opening a broken one went right. */
export { CORPUS, type Good, weightsFile } from './corpus.ts'
export { judge, mutated, type Verdict } from './judge.ts'
export { type Random, randomFrom } from './mutate.ts'
