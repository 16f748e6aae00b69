/**
 * Weights of models: all of @stablesig/weights, and how a state dict becomes tensors and tensors become a file.
 * @module
 */
export * from '@stablesig/weights'
export { hwio, oihw } from '../models/layout.ts'
export { type StoreOptions, storeWeights, tensorsNamed, weightsFromStored } from '../models/stored.ts'
export { scope, type WeightScope, type Weights } from '../models/weights.ts'
