import { type Device, type Engine, ready } from '@stablesig/backend-node'

export interface EngineOptions {
  readonly device: Device | 'auto'
  readonly threads?: number
}

/** Starts the engine that a command's tensors live in. Models are loaded into it, so it comes first. */
export const startEngine = ({ device, threads }: EngineOptions): Promise<Engine> =>
  ready({ device, ...(threads === undefined ? {} : { threads }) })
