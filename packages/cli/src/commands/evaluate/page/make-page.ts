import type { Evaluation } from '../results.ts'
import { definitions, provenance } from './about.ts'
import { contactSheet, type SheetRow } from './contact-sheet.ts'
import { documentOf } from './document.ts'
import { falsePositives, headline } from './headline.ts'
import { html } from './html.ts'
import { decibels, share } from './numbers.ts'
import { bitAccuracyPlot } from './plots/bit-accuracy.ts'
import { identificationPlot } from './plots/identification.ts'
import { renderPlot } from './plots/render.ts'
import { tprPlot } from './plots/tpr.ts'
import { quality } from './quality.ts'

/** The page of an evaluation: index.html. @param pictures to be looked at, of the first key */
export async function makePage(evaluation: Evaluation, pictures: readonly SheetRow[]): Promise<string> {
  const { summary } = evaluation
  const { keys, images, bits, fidelity } = summary
  const plots = []
  for (const plot of [bitAccuracyPlot(summary), tprPlot(summary), identificationPlot(summary)])
    plots.push(await renderPlot(plot))
  return documentOf('Evaluation of signed decoders', [
    html`<h1>Evaluation of signed decoders</h1>
<p>${keys} ${keys === 1 ? 'key' : 'keys'} of ${bits} bits on ${images} images; PSNR ${decibels(fidelity.psnr.mean)} dB and SSIM ${share(fidelity.ssim.mean)} against unsigned pictures.</p>`,
    headline(summary),
    html`<h2>Plots</h2>
<div class="plots">
${plots}</div>`,
    quality(summary),
    falsePositives(summary),
    html`<h2>Pictures</h2>
<p>Each photograph, what the original decoder makes of it, what the first key’s decoder makes of it, and ten times their difference: black where there is none.</p>
${contactSheet(pictures)}`,
    definitions(evaluation),
    provenance(evaluation),
  ])
}
