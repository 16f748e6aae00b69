import './style.css'
import { createWorkerDetector, sha256Of, type WeightsInput, weightsSource } from '@stablesig/backend-web'
import { StableSigError } from '@stablesig/core/errors'
import { Card, type Judge } from './card.ts'
import { element, messageOf, onFiles, say } from './dom.ts'
import { OWN_EXTRACTOR } from './own-models.ts'
import { SigningPanel } from './signing/panel.ts'
import { deciderOf, type OpenExtractor } from './state.ts'
import { parseWanted, type Wanted } from './wanted.ts'

/** A file of weights above this is no extractor. */
const MAX_EXTRACTOR_BYTES = 512 * 2 ** 20

const extractorStatus = element(HTMLElement, '#extractor-status')
const extractorProgress = element(HTMLProgressElement, '#extractor-progress')
const keyText = element(HTMLTextAreaElement, '#key')
const keyStatus = element(HTMLElement, '#key-status')
const consent = element(HTMLElement, '#consent')
const allowUnwhitened = element(HTMLInputElement, '#allow-unwhitened')
const results = element(HTMLUListElement, '#results')
const summary = element(HTMLElement, '#summary')
const template = element(HTMLTemplateElement, '#result-template')
const sizes = element(HTMLSelectElement, '#sizes')

const cards = new Set<Card>()
let weights: { readonly file: Blob; readonly name: string; readonly sha256: string } | null = null
let extractor: OpenExtractor | null = null
let judge: Judge | null = null
let opening: AbortController | null = null

/** Takes the bytes of an extractor, from wherever it is, and opens it. */
async function load(input: WeightsInput, known?: { readonly name: string; readonly sha256: string }): Promise<void> {
  opening?.abort()
  opening = new AbortController()
  const { signal } = opening
  extractorProgress.hidden = false
  extractorProgress.removeAttribute('value')
  try {
    const source = await weightsSource(input, {
      signal,
      maxBytes: MAX_EXTRACTOR_BYTES,
      ...(known ? { sha256: known.sha256 } : {}),
      onProgress: ({ loaded, total }) => {
        if (total !== null) extractorProgress.value = loaded / total
      },
    })
    const bytes = await source.read(0, source.size)
    const name = known?.name ?? source.name
    weights = { file: new File([new Uint8Array(bytes)], name), name, sha256: await sha256Of(bytes) }
    await open(signal)
  } catch (error) {
    if (!signal.aborted) say(extractorStatus, messageOf(error), true)
  } finally {
    if (!signal.aborted) extractorProgress.hidden = true
  }
}

/** Opens what has been loaded, in a worker of its own. */
async function open(signal: AbortSignal): Promise<void> {
  if (!weights) return
  say(extractorStatus, `Opening ${weights.name} …`)
  const { file, name, sha256 } = weights
  const detector = await createWorkerDetector({
    extractor: file,
    sizes: sizes.value.split(' ').map(Number),
    signal,
    worker: () => new Worker(new URL('./detector-worker.ts', import.meta.url), { type: 'module' }),
  })
  extractor?.detector.close()
  extractor = { detector, name, sha256 }
  const { bits, whitened } = detector.extractor
  say(extractorStatus, `${name}: reads ${bits} bits${whitened ? '' : ', not whitened'}.`)
  element(HTMLElement, '#engine').textContent = `Computed by ${detector.engine.engine}: ${detector.engine.reason}.`
  await choose()
}

/** Makes the decider of what is wanted now, and has all images decided again. */
async function choose(): Promise<void> {
  const text = keyText.value
  judge = null
  let unwhitened = false
  try {
    if (text.trim() === '') say(keyStatus, 'No key yet.')
    else {
      const wanted: Wanted = await parseWanted(text, extractor?.detector.extractor.bits)
      if (keyText.value !== text) return
      say(keyStatus, wanted.said)
      if (extractor) judge = { extractor, wanted, decide: deciderOf(extractor, wanted, allowUnwhitened.checked) }
    }
  } catch (error) {
    unwhitened = error instanceof StableSigError && error.code === 'not-whitened'
    say(
      keyStatus,
      unwhitened ? 'This extractor is not whitened: what it says about chances means little.' : messageOf(error),
      true,
    )
  }
  consent.hidden = !(unwhitened || (allowUnwhitened.checked && extractor?.detector.extractor.whitened === false))
  for (const card of cards) card.judge(judge, extractor)
  if (cards.size === 0) summarise()
}

function add(files: Iterable<File>): void {
  for (const file of files) {
    const card = new Card(file, template, summarise)
    cards.add(card)
    results.append(card.root)
    void card.open().then(() => card.judge(judge, extractor))
  }
  summarise()
}

function summarise(): void {
  for (const card of cards) if (!card.root.isConnected) cards.delete(card)
  const count = (state: Card['state']) => [...cards].filter((card) => card.state === state).length
  const parts: [number, string][] = [
    [count('found'), 'with a mark'],
    [count('absent'), 'without'],
    [count('reading'), 'being read'],
    [count('waiting'), 'waiting'],
    [count('failed'), 'that cannot be decided on'],
  ]
  const said = parts.filter(([n]) => n > 0).map(([n, what]) => `${n} ${what}`)
  say(summary, cards.size === 0 ? '' : `${cards.size} ${cards.size === 1 ? 'image' : 'images'}: ${said.join(', ')}.`)
}

onFiles('#extractor-file', ([file]) => void (file && load(file)))
onFiles('#image-files', add)
onFiles('#key-file', ([file]) => {
  void file?.text().then((text) => {
    keyText.value = text
    return choose()
  })
})
element(HTMLFormElement, '#extractor-form').addEventListener('submit', (event) => {
  event.preventDefault()
  const url = element(HTMLInputElement, '#extractor-url').value
  if (url) void load(url)
})
keyText.addEventListener('input', () => void choose())
allowUnwhitened.addEventListener('change', () => void choose())
sizes.addEventListener('change', () => {
  opening?.abort()
  opening = new AbortController()
  const { signal } = opening
  open(signal).catch((error: unknown) => {
    if (!signal.aborted) say(extractorStatus, messageOf(error), true)
  })
})

const drop = element(HTMLElement, '#drop')
for (const name of ['dragenter', 'dragover'])
  document.addEventListener(name, (event) => {
    event.preventDefault()
    drop.classList.add('over')
  })
for (const name of ['dragleave', 'drop']) document.addEventListener(name, () => drop.classList.remove('over'))
document.addEventListener('drop', (event) => {
  event.preventDefault()
  add(event.dataTransfer?.files ?? [])
})
document.addEventListener('paste', (event) => {
  const files = [...(event.clipboardData?.files ?? [])]
  if (files.length > 0) add(files)
})

void load(OWN_EXTRACTOR.url, OWN_EXTRACTOR)
new SigningPanel({
  add,
  async lookFor(key) {
    keyText.value = key
    if (extractor?.sha256 === OWN_EXTRACTOR.sha256) await choose()
    else await load(OWN_EXTRACTOR.url, OWN_EXTRACTOR)
  },
})
if (import.meta.env.PROD && 'serviceWorker' in navigator) void navigator.serviceWorker.register('sw.js')
