import { inject } from 'vitest'
import { runTopics } from './run-topics.ts'

const topics = ['extractor', 'finetune', 'autoencoders', 'optim']
await runTopics('wasm', inject('whole') ? [...topics, 'transforms'] : topics)
