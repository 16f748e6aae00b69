import { inject } from 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder of the goldens that a browser runs: those that the project keeps. */
    fixtures: string
    /** Folder of the project's own models. */
    models: string
    /** Whether all cases are to run (`test:browser --all`), or those that CI has time for. */
    whole: boolean
  }
}

/** Folder of the goldens that the project keeps. */
export const fixtures = inject('fixtures')
/** Folder of the project's own models. */
export const models = inject('models')
/** Whether all cases are to run, or those that CI has time for. */
export const whole = inject('whole')
