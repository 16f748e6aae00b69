import { expect, test } from 'vitest'
import { type DecoderForm, type ModelCard, modelCardJson, renderModelCard, type SigningFacts } from './model-card.ts'

const signing: SigningFacts = {
  library: { name: 'stablesig', version: '1.2.3' },
  key: { id: 'deadbeef', bits: 48 },
  extractor: { name: 'extractor.pt', sha256: 'e'.repeat(64) },
  recipe: { steps: 100, imageLoss: 'mse' },
  figures: { images: 16, size: 256, matches: 760, total: 768, bitAccuracy: 760 / 768, psnr: 31.234 },
}
const card = (form: DecoderForm, changes: Partial<ModelCard> = {}): ModelCard => ({
  kind: 'stablesig-model-card',
  version: 1,
  signing,
  source: { files: [{ name: 'model.ckpt', sha256: 'a'.repeat(64) }], tensorsSha256: 'b'.repeat(64) },
  output: {
    form,
    files: [{ name: 'signed.safetensors', bytes: 5, sha256: 'c'.repeat(64) }],
    tensorsSha256: 'd'.repeat(64),
    leftOut: 3,
  },
  decoder: {
    family: 'kl',
    className: 'AutoencoderKL',
    latentChannels: 4,
    downscale: 8,
    tensors: 140,
    parameters: 49490199,
    dtypes: ['float16'],
  },
  ...changes,
})

test('says who signed what with which figures, counts beside ratios, and that the licence stays', () => {
  const text = renderModelCard(card('checkpoint'))
  for (const words of [
    '`deadbeef`, 48 bits',
    '760 of 768',
    '0.9896',
    '31.23 dB',
    'steps 100, imageLoss mse',
    'stablesig 1.2.3',
  ])
    expect(text).toContain(words)
  for (const letter of 'abcde') expect(text).toContain(letter.repeat(64))
  expect(text).toContain('3 tensors of the source')
  expect(text).toMatch(/## Licence\n.*licence of the model it was made from/)
})

test.each([
  ['diffusers', 'AutoencoderKL.from_pretrained'],
  ['checkpoint', 'AutoencoderKL.from_single_file("signed.safetensors")'],
  ['decoder', 'load_file("signed.safetensors")'],
  ['delta', 'stablesig apply'],
] as const)('tells how the form %s is loaded', (form, words) => {
  expect(renderModelCard(card(form))).toContain(words)
})

test('tells of VQ and tiny what diffusers has for them: a folder, by the name that pipelines give it', () => {
  const of = (form: DecoderForm, className: string) => {
    const plain = card(form)
    return renderModelCard({ ...plain, decoder: { ...plain.decoder, className } })
  }
  expect(of('diffusers', 'VQModel')).toContain('from_pretrained("the/model", vqvae=vqvae)')
  expect(of('diffusers', 'AutoencoderTiny')).toContain('from_pretrained("the/model", vae=vae)')
  for (const className of ['VQModel', 'AutoencoderTiny']) {
    expect(of('checkpoint', className)).not.toContain('from_single_file')
    expect(of('checkpoint', className)).toContain(`${className} loads folders alone`)
  }
  expect(of('checkpoint', 'AutoencoderKLFlux2')).toContain('AutoencoderKLFlux2.from_single_file')
})

test('leaves out what is not known', () => {
  const text = renderModelCard(card('delta', { signing: null }))
  expect(text).not.toMatch(/Figures|\| key|undefined|null/)
  expect(renderModelCard(card('diffusers', { signing: { ...signing, figures: null } }))).not.toContain('Figures')
})

test('file names cannot break out of their marks', () => {
  const files = [{ name: 'a`|\n# b', sha256: 'c' }]
  const text = renderModelCard(card('decoder', { source: { files, tensorsSha256: '' } }))
  expect(text).toContain('| `a___# b` | `c` |')
})

test('is the same again out of its JSON', () => {
  expect(JSON.parse(modelCardJson(card('diffusers')))).toEqual(card('diffusers'))
})
