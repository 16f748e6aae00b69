// @ts-check
import { evaluate, summariseEvaluation } from '@stablesig/core/evaluation'
import { userOf } from '../user.mjs'

/** The users' keys from the worst on, as a share of them. */
const WORST = 0.05

/**
 * Every key on every photograph, through every attack: a table by attack, and how keys differ.
 * @param {import('../world.mjs').MintedWorld} world
 */
export async function overKeys(world) {
  const { autoencoder, extractor, photographs, images, size, keys, attacks, codec, registry } = world
  const decoders = {
    length: keys.length,
    open: (/** @type {number} */ index) => {
      const key = keys[index]
      if (!key) throw new RangeError(`there is no key ${index}`)
      return userOf(world, `user-${index}`, key)
    },
  }
  const rows = await evaluate({ autoencoder, extractor, decoders, images: photographs, size, attacks, codec })
  const summary = summariseEvaluation(rows, { bits: extractor.bits, attacks, users: [registry] })
  const { fidelity } = summary
  console.log(
    `${keys.length} keys x ${images} photographs of ${size} px: ${fidelity.psnr.mean.toFixed(1)} dB (worst ${fidelity.psnr.min.toFixed(1)}), ` +
      `SSIM ${fidelity.ssim.mean.toFixed(3)} (worst ${fidelity.ssim.min.toFixed(3)})`,
  )
  for (const { attack, bits, rates, identification } of summary.attacks) {
    const detected = rates.map(({ fpr, tpr }) => `detected at ${fpr} ${tpr.count} of ${tpr.of}`)
    const [named] = identification
    console.log(
      `${attack.padEnd(36)} bits ${bits.share.toFixed(3)}  ${detected.join('  ')}  named among ${registry}: ${(named?.identified ?? Number.NaN).toFixed(1)} of ${named?.images}`,
    )
  }
  const byKey = summary.fidelityByKey.map(({ key, psnr }) => {
    const own = rows.filter((row) => row.key === key)
    const matches = own.reduce((sum, row) => sum + (row.marked[0] ?? 0), 0)
    return { key, bits: matches / (own.length * extractor.bits), psnr: psnr.mean }
  })
  const sorted = byKey.toSorted((a, b) => a.bits - b.bits)
  const worst = sorted.slice(0, Math.max(1, Math.round(WORST * keys.length)))
  const mean = worst.reduce((sum, { bits }) => sum + bits, 0) / worst.length
  const told = sorted.slice(0, 3).map(({ key, bits, psnr }) => `key ${key} ${bits.toFixed(3)} at ${psnr.toFixed(1)} dB`)
  const median = sorted[Math.floor(sorted.length / 2)]
  console.log(
    `by key, ${attacks[0]}: median ${median?.bits.toFixed(3)}, worst ${worst.length} of ${keys.length} keys ${mean.toFixed(3)}; worst: ${told.join(', ')}`,
  )
}
