import { runTopics } from './run-topics.ts'

await runTopics('wasm', ['extractor', 'finetune', 'autoencoders', 'optim', 'transforms'])
