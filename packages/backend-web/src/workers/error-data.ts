import { StableSigError } from '@stablesig/core'
import type { ErrorData } from './messages.ts'

/** An error as data that can be posted to another thread. */
export function errorData(error: unknown): ErrorData {
  if (error instanceof StableSigError) return { code: error.code, message: error.message }
  return { message: error instanceof Error ? error.message : String(error) }
}

/** The error that data stands for; 'worker' where it was not one of this library's. */
export const errorOf = ({ code = 'worker', message }: ErrorData): StableSigError => new StableSigError(code, message)
