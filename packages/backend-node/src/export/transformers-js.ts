import type { PortableModel } from '@stablesig/core/models'

type Precision = 'float32' | 'float16'

/** transformers.js tells precisions by a suffix. */
const SUFFIX: Readonly<Record<Precision, string>> = { float32: '', float16: '_fp16' }
const DTYPE: Readonly<Record<Precision, string>> = { float32: 'fp32', float16: 'fp16' }

/** The model file's name: a decoder's as in diffusers' ONNX pipelines, an extractor's as transformers.js looks for by itself. */
export function transformersFile({ metadata }: PortableModel, precision: Precision): string {
  return `${metadata.kind === 'latent-decoder' ? 'vae_decoder' : 'model'}${SUFFIX[precision]}.onnx`
}

/**
 * The config.json that transformers.js reads first. `custom` is its name for models that it has no class for and runs as they
 * are; the dtype there keeps it from looking for quantised files in a browser. The rest is for the program that uses it.
 */
export function transformersConfig({ metadata }: PortableModel, precision: Precision): Record<string, unknown> {
  return { model_type: 'custom', 'transformers.js_config': { dtype: DTYPE[precision] }, stablesig: metadata }
}
