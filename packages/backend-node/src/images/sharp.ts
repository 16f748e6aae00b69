import { StableSigError } from '@stablesig/core'

type Sharp = typeof import('sharp')['default']
let loading: Promise<Sharp> | undefined

/**
 * sharp, loaded on first use: importing this package starts nothing. Its operation cache is switched off, since every image
 * is decoded once and memory is to stay level over thousands of them.
 * @throws StableSigError 'no-engine' when it is not installed for this platform
 */
export function loadSharp(): Promise<Sharp> {
  loading ??= import('sharp').then(
    ({ default: sharp }) => {
      sharp.cache(false)
      return sharp
    },
    (cause: unknown) => {
      loading = undefined
      throw new StableSigError(
        'no-engine',
        'images need the package sharp, which does not load here: npm install sharp',
        {
          cause,
        },
      )
    },
  )
  return loading
}
