import { diffusersConfig } from './config-diffusers.ts'
import { type AutoencoderConfig, isRecord, unsupported } from './config-fields.ts'
import { ldmConfig } from './config-ldm.ts'

/**
 * A parsed config.json of diffusers, or a parsed yaml of LDM, taming or Stability's generative-models (of an autoencoder or of a
 * whole model).
 * @throws StableSigError 'unsupported' when it is neither, or says what this library does not have
 */
export function parseConfig(config: unknown): AutoencoderConfig {
  if (!isRecord(config)) throw unsupported('it is not an object; expected a parsed config.json or yaml')
  const className = config._class_name
  if (typeof className === 'string' || Array.isArray(config.block_out_channels)) return diffusersConfig(config)
  const ldm = ldmConfig(config)
  if (ldm) return ldm
  throw unsupported(
    `it has none of _class_name, block_out_channels (diffusers), ddconfig (LDM, taming); it has ${Object.keys(config).slice(0, 8).join(', ')}`,
  )
}
