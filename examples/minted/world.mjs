// @ts-check
/**
 * @typedef {import('../limits/pictures.mjs').World} World
 * @typedef {Pick<World, 'autoencoder' | 'extractor' | 'photographs' | 'users' | 'codec' | 'judge' | 'images' | 'size'> & {
 *   readonly minter: import('@stablesig/core/minting').Minter
 *   readonly base: import('@stablesig/core').LatentDecoder
 *   readonly keys: readonly import('@stablesig/core').Key[]
 *   readonly attacks: readonly string[]
 *   readonly registry: number
 * }} MintedWorld
 */
export {}
