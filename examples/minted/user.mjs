// @ts-check
import { conditionDecoder } from '@stablesig/core/minting'

/**
 * A user with a minted decoder: the original's weights, and the key's scales beside them.
 * @param {{ readonly minter: import('@stablesig/core/minting').Minter, readonly autoencoder: import('@stablesig/core').Autoencoder }} models
 * @param {string} name
 * @param {import('@stablesig/core').Key} key
 * @returns {Promise<import('../limits/users.mjs').User>}
 */
export const userOf = async ({ minter, autoencoder }, name, key) => ({
  ...{ name, key },
  decoder: await conditionDecoder(minter, autoencoder.decoder, key),
})
