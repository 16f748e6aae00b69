import { inspect } from 'node:util'
import { StableSigError } from '@stablesig/core'
import { MIN_OPTIONS, type OnnxBackendOptions } from '@stablesig/tfjs-backend-onnx'
import { checkPasses, passesFromEnvironment } from './passes.ts'

/** What a program may set of the compiled backend, by the names and with the meaning that registerOnnxBackend has for it. */
export type BackendOptions = Pick<
  OnnxBackendOptions,
  'passes' | 'maxSessions' | 'maxConstantBytes' | 'maxIdleBytes' | 'maxPoolBytes' | 'maxPending'
>

/**
 * Compiled graphs kept. Each keeps the memory of its last run, for a photograph of 500x375 pixels some 180 MB, and a folder of
 * photographs has a graph or two for each size: enough for a training step and all around it, and no more.
 */
const MAX_SESSIONS = 12

const numbers = ['maxSessions', 'maxPending', 'maxConstantBytes', 'maxIdleBytes', 'maxPoolBytes'] as const

/**
 * The options that a backend is started with: those given, checked, and this package's defaults. The passes of the environment
 * (STABLESIG_PASSES) go before those of the program, since they are for diagnosis.
 * @throws StableSigError 'bad-argument' naming the option, what was found and what is expected
 */
export function backendOptions(options: BackendOptions): BackendOptions {
  const checked: { -readonly [K in keyof BackendOptions]: BackendOptions[K] } = { maxSessions: MAX_SESSIONS }
  for (const name of numbers) {
    const value = options[name]
    if (value === undefined) continue
    if (!Number.isSafeInteger(value) || value < MIN_OPTIONS[name])
      throw new StableSigError(
        'bad-argument',
        `${name} is ${inspect(value)}, expected a whole number of at least ${MIN_OPTIONS[name]}`,
      )
    checked[name] = value
  }
  const passes = options.passes === undefined ? undefined : checkPasses(options.passes, 'passes')
  const chosen = passesFromEnvironment() ?? passes
  return chosen ? { ...checked, passes: chosen } : checked
}
