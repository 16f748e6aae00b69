import { StableSigError } from '@stablesig/core'

/** Throws an error of training anew, with what a user of the command can do about it. @param checkpoint where training goes on from */
export const explainTraining =
  (checkpoint: string) =>
  (error: unknown): never => {
    if (!(error instanceof StableSigError)) throw error
    if (error.code === 'bad-checkpoint')
      throw new StableSigError('bad-checkpoint', `${checkpoint}: ${error.message}`, { cause: error })
    if (error.code === 'aborted')
      throw new StableSigError('aborted', `${error.message}; repeat the command to go on from ${checkpoint}`, {
        cause: error,
      })
    throw error
  }
