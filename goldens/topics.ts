import type { Topic } from './topic.ts'

/** Topics of the folder of goldens that this project can run. */
export const present: Readonly<Record<string, () => Promise<{ readonly topic: Topic }>>> = {
  stats: () => import('./topics/stats.ts'),
  formats: () => import('./topics/formats.ts'),
  extractor: () => import('./topics/extractor.ts'),
  optim: () => import('./topics/optim.ts'),
  finetune: () => import('./topics/finetune.ts'),
  hidden: () => import('./topics/hidden.ts'),
  losses: () => import('./topics/losses.ts'),
  metrics: () => import('./topics/metrics.ts'),
  autoencoders: () => import('./topics/autoencoders.ts'),
  transforms: () => import('./topics/transforms.ts'),
  latenttracer: () => import('./topics/latenttracer.ts'),
  tracing: () => import('./topics/tracing.ts'),
}

/** Topics that come with later work, and are told as such: nothing of them runs yet. */
export const later: readonly string[] = []
