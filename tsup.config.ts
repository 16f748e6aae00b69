import { defineConfig, type Options } from 'tsup'

/**
 * How declarations are made. tsup's build sets baseUrl, which TypeScript 6 refuses without the first; what the sources say is checked
 * once for all packages by `pnpm typecheck`, and not again for each.
 */
export const declarations = { ignoreDeprecations: '6.0', noCheck: true }

/** The one build of every package: ESM and declarations from src/index.ts; dependencies stay outside. */
export const library: Options = {
  entry: ['src/index.ts'],
  format: ['esm'],
  target: 'es2022',
  platform: 'neutral',
  clean: true,
  sourcemap: true,
  dts: { compilerOptions: declarations },
  // packages/gradients: the modules of tfjs-core that register gradients cannot be imported by Node, so they are bundled.
  noExternal: [/^@tensorflow\/tfjs-core\/dist\//],
}

export default defineConfig(library)
