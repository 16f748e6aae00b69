// @ts-check
import { conditionDecoder } from '@stablesig/core/minting'

/**
 * A user with a minted decoder: the weights that the minter changes, and the key's scales beside them.
 * @param {{ readonly minter: import('@stablesig/core/minting').Minter, readonly base: import('@stablesig/core').LatentDecoder }} models
 * @param {string} name
 * @param {import('@stablesig/core').Key} key
 * @returns {Promise<import('../limits/users.mjs').User>}
 */
export const userOf = async ({ minter, base }, name, key) => ({
  ...{ name, key },
  decoder: await conditionDecoder(minter, base, key),
})
