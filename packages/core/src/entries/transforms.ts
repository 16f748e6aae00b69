/**
 * What happens to images on their way: geometry, colour, filters, codecs, and lines that spell them.
 * @module
 */
import '../ops/gradients.ts'

export * from '../transforms/index.ts'
