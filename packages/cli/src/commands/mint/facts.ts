import type { SigningFacts } from '@stablesig/backend-node'
import { type Key, keyId } from '@stablesig/core'
import about from '../../../package.json' with { type: 'json' }

/** What card and header say of a minted decoder. */
export const factsOf = async (key: Key, minterHash: string): Promise<SigningFacts> => ({
  library: { name: about.name, version: about.version },
  key: { id: await keyId(key), bits: key.length },
  recipe: { method: 'minted', minter_sha256: minterHash },
})
