import { runTopics } from './run-topics.ts'

// A software adapter computes 0.4 GFLOPS: what is small enough for it. Gradients go through every layer of the extractor.
await runTopics(
  'webgpu',
  ['extractor', 'autoencoders'],
  ['gradient-16x2', 'whiten-reference', 'gaussian', 'quantise-ties', 'taesd-bytes'],
)
