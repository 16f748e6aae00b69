/** Side of the window, and the constants on 0..255. */
const WINDOW = 7
const C1 = (0.01 * 255) ** 2
const C2 = (0.03 * 255) ** 2

/**
 * SSIM with a uniform 7x7 window and sample covariance, mean over windows that lie inside and over channels: what scikit-image
 * computes. 8-bit RGB pictures, row by row.
 */
export function meanSsim(a: Uint8Array, b: Uint8Array, width: number, height: number): number {
  const count = WINDOW ** 2
  let total = 0
  for (let c = 0; c < 3; c++)
    for (let y = 0; y + WINDOW <= height; y++)
      for (let x = 0; x + WINDOW <= width; x++) {
        let [sa, sb, saa, sbb, sab] = [0, 0, 0, 0, 0]
        for (let dy = 0; dy < WINDOW; dy++)
          for (let dx = 0; dx < WINDOW; dx++) {
            const at = ((y + dy) * width + x + dx) * 3 + c
            const [p, q] = [a[at]!, b[at]!]
            sa += p
            sb += q
            saa += p * p
            sbb += q * q
            sab += p * q
          }
        const [ma, mb] = [sa / count, sb / count]
        const [va, vb, cov] = [saa - sa * ma, sbb - sb * mb, sab - sa * mb].map((sum) => sum / (count - 1)) as [
          number,
          number,
          number,
        ]
        total += ((2 * ma * mb + C1) * (2 * cov + C2)) / ((ma * ma + mb * mb + C1) * (va + vb + C2))
      }
  return total / (3 * (width - WINDOW + 1) * (height - WINDOW + 1))
}
