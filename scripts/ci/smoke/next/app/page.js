import { keyId, parseKey } from '@stablesig/core/key'
import { threshold } from '@stablesig/stats'
import { Detector } from './detector.js'

/** On the server: exact statistics and a key's name. In the page: the detector. */
export default async function Page() {
  return (
    <main>
      <p id="server">
        {threshold(48, 1e-6)} of 48 bits, {await keyId(parseKey('01'.repeat(24)))}
      </p>
      <Detector />
    </main>
  )
}
