import type { Capabilities } from '../execution/probe.ts'
import type { OnnxRuntime } from '../execution/runtime.ts'
import type { Target } from '../lowering/lowering.ts'
import { type PassName, passNames } from '../passes/index.ts'
import type { FlushReport } from './report.ts'

/** What a program may set; everything has a default. */
export interface OnnxBackendOptions {
  /** Name under which tfjs knows the backend. Default 'onnx'. */
  readonly name?: string
  /** Passes to run. Default all; [] compiles exactly what was recorded, for diagnosis. */
  readonly passes?: readonly PassName[]
  /** Sessions kept at most. Default 24. */
  readonly maxSessions?: number
  /** Bytes of constant weights inside sessions, in all. Default 2 GiB. */
  readonly maxConstantBytes?: number
  /**
   * Bytes of constants inside one model, as they are kept. Where a model has more, they are fed to each run but for biases and
   * other small ones: not copied, and brought into order at each run. Default and most 1.5e9.
   */
  readonly maxModelConstants?: number
  /** Estimated work space of sessions that are kept beside the newest. Default 512 MiB. */
  readonly maxIdleBytes?: number
  /** Bytes of result arrays kept for further use. Default 512 MiB. */
  readonly maxPoolBytes?: number
  /** Kernels recorded in one connected graph before it is computed unasked. Default 50,000. */
  readonly maxPending?: number
  /** Called after each flush. */
  readonly onFlush?: (report: FlushReport) => void
}

/** The least that each number may be. Bytes kept beside what is needed at the moment may be none. */
export const MIN_OPTIONS = {
  maxSessions: 1,
  maxPending: 1,
  maxConstantBytes: 0,
  maxModelConstants: 0,
  maxIdleBytes: 0,
  maxPoolBytes: 0,
} as const satisfies Partial<Record<keyof OnnxBackendOptions, number>>

/** A model file is one protocol-buffer message, below 2 GB. */
const MAX_IN_MODEL = 1.5e9

export interface EngineOptions {
  readonly name: string
  readonly passes: ReadonlySet<PassName>
  readonly target: Target
  readonly maxSessions: number
  readonly maxConstantBytes: number
  readonly maxModelConstants: number
  readonly maxIdleBytes: number
  readonly maxPoolBytes: number
  readonly maxPending: number
  readonly onFlush?: (report: FlushReport) => void
}

export function withDefaults(
  runtime: OnnxRuntime,
  options: OnnxBackendOptions,
  { microsoft, block }: Capabilities,
): EngineOptions {
  const passes = new Set(options.passes ?? passNames)
  return {
    name: options.name ?? 'onnx',
    passes,
    target: {
      provider: runtime.provider,
      microsoft,
      block: passes.has('blocked-layout') ? block : 0,
      layout: passes.has('layout'),
      // Measured on processors; libraries of other devices choose among such algorithms themselves.
      winograd: runtime.provider === 'cpu' && passes.has('winograd'),
    },
    maxSessions: options.maxSessions ?? 24,
    maxConstantBytes: options.maxConstantBytes ?? 2 ** 31,
    maxModelConstants: Math.min(options.maxModelConstants ?? MAX_IN_MODEL, MAX_IN_MODEL),
    maxIdleBytes: options.maxIdleBytes ?? 2 ** 29,
    maxPoolBytes: options.maxPoolBytes ?? 2 ** 29,
    maxPending: options.maxPending ?? 50_000,
    ...(options.onFlush ? { onFlush: options.onFlush } : {}),
  }
}
