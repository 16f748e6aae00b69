// @ts-check
/**
 * @typedef {{
 *   readonly autoencoder: import('@stablesig/core').Autoencoder
 *   readonly extractor: import('@stablesig/core').Extractor
 *   readonly minter: import('@stablesig/core/minting').Minter
 *   readonly photographs: import('@stablesig/core').ImageSet
 *   readonly users: readonly import('../limits/users.mjs').User[]
 *   readonly keys: readonly import('@stablesig/core').Key[]
 *   readonly codec: import('@stablesig/core/transforms').ImageCodec
 *   readonly attacks: readonly string[]
 *   readonly judge: import('../limits/judge.mjs').Judge
 *   readonly images: number
 *   readonly size: number
 *   readonly registry: number
 * }} MintedWorld
 */
export {}
