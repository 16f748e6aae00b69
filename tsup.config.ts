import { defineConfig, type Options } from 'tsup'

/** The one build of every package: ESM and declarations from src/index.ts; dependencies stay outside. */
export const library: Options = {
  entry: ['src/index.ts'],
  format: ['esm'],
  target: 'es2022',
  platform: 'neutral',
  clean: true,
  sourcemap: true,
  // tsup's declaration build sets baseUrl, which TypeScript 6 refuses without this.
  dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
  // packages/gradients: the modules of tfjs-core that register gradients cannot be imported by Node, so they are bundled.
  noExternal: [/^@tensorflow\/tfjs-core\/dist\//],
}

export default defineConfig(library)
