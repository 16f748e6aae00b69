/** Files of weights written byte by byte, good or with whatever fault a test needs. */
export * as pickle from './pickle.ts'
export { safetensors } from './safetensors.ts'
export { type Piece, SparseSource, zip64 } from './sparse.ts'
export { type Member, torchZip, zip } from './zip.ts'
