import type { Graph } from '../ir/graph.ts'
import type { Target } from '../lowering/lowering.ts'
import { fuseActivations } from './activations.ts'
import { useBlockedLayout } from './blocked-layout.ts'
import { mergeCommonSubexpressions } from './common-subexpressions.ts'
import { fuseConvBias } from './conv-bias.ts'
import { removeDeadCode } from './dead-code.ts'
import { foldConstants } from './fold-constants.ts'
import { mergeScalars } from './merge-scalars.ts'
import { fuseProductScales } from './product-scale.ts'
import { fuseReluGradients } from './relu-gradient.ts'
import { fuseScanResults } from './scan-results.ts'
import { scheduleParts } from './schedule.ts'
import { simplify } from './simplify.ts'

/**
 * Passes by name, in the order in which they run. `layout` and `winograd` act while lowering: one lets conversions of layout
 * wait, the other chooses how convolutions are computed; `in-place` when results get their memory: it lets them take that of what they replace.
 */
export const passNames = [
  'layout',
  'winograd',
  'fold-constants',
  'simplify',
  'common-subexpressions',
  'relu-gradient',
  'activations',
  'merge-scalars',
  'product-scale',
  'conv-bias',
  'scan-results',
  'blocked-layout',
  'dead-code',
  'schedule',
  'in-place',
] as const
export type PassName = (typeof passNames)[number]

const passes: Readonly<
  Record<Exclude<PassName, 'layout' | 'winograd' | 'in-place'>, (graph: Graph, target: Target) => void>
> = {
  'fold-constants': foldConstants,
  simplify,
  'common-subexpressions': mergeCommonSubexpressions,
  'relu-gradient': fuseReluGradients,
  activations: fuseActivations,
  'merge-scalars': mergeScalars,
  'product-scale': fuseProductScales,
  'conv-bias': fuseConvBias,
  'scan-results': fuseScanResults,
  'blocked-layout': useBlockedLayout,
  'dead-code': removeDeadCode,
  schedule: scheduleParts,
}

const isPass = (name: PassName): name is keyof typeof passes => name in passes

export function runPasses(graph: Graph, target: Target, enabled: ReadonlySet<PassName>): void {
  for (const name of passNames) {
    if (isPass(name) && enabled.has(name)) passes[name](graph, target)
    // The blocked layout leaves reshapes of reshapes, and of biases.
    if (name === 'blocked-layout' && enabled.has('simplify')) simplify(graph)
    if (name === 'blocked-layout' && enabled.has('fold-constants')) foldConstants(graph)
  }
}
