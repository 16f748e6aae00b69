/** `@stablesig/backend-node` for goldens' runners in a browser: what `@stablesig/backend-web` has of it. The test starts the engine. */
import { type Engine, ready as readyInBrowser } from '@stablesig/backend-web'

export { centreSquare, crop, readImage, resize, toUnitImages } from '@stablesig/backend-web'
// The codec that browsers have.
export { jpegJsCodec as sharpCodec } from '@stablesig/core/transforms'

export const ready = (): Promise<Engine> => readyInBrowser()
