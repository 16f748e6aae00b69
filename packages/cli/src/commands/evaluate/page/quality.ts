import type { EvaluationSummary, Fidelity } from '@stablesig/core/evaluation'
import { type Html, html } from './html.ts'
import { decibels, share } from './numbers.ts'
import { tableOf } from './table.ts'

/** How far signed pictures are from unsigned ones. */
export function quality({ fidelity, fidelityByKey }: EvaluationSummary): Html {
  const row = (name: string, { pictures, psnr, ssim, maskedPsnr }: Fidelity) => [
    ...[name, pictures, decibels(psnr.mean), decibels(psnr.min), share(ssim.mean), share(ssim.min)],
    decibels(maskedPsnr.mean),
  ]
  const header = ['', 'pictures', 'PSNR, dB', 'least', 'SSIM', 'least', 'masked PSNR, dB']
  const rows = [
    row('all', fidelity),
    ...(fidelityByKey.length > 1 ? fidelityByKey.map((of) => row(`key ${of.key + 1}`, of)) : []),
  ]
  const caption =
    'Signed against unsigned pictures of the same latents, 8 bits. Masked PSNR weighs errors by how well they are seen: it is above PSNR where they hide in texture'
  return html`<h2>Picture quality</h2>
${tableOf(caption, header, rows)}`
}
