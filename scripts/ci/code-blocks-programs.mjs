import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { packagesInOrder, root } from '../lib/workspace.mjs'

/** What blocks use without making it. */
const GIVEN = join(root, 'scripts/ci/code-blocks-given.d.mts')
/** Programs of others that a block shows and the repository does not install: what is imported from them is not checked. */
const FOREIGN = "declare module '@huggingface/transformers'\n"

/**
 * Typechecks blocks, each a module of its own, as one program. A block sees what its document's package sees, else what examples/ see,
 * else what any package of the repository depends on.
 * @returns {{ block: object, found: { line: number, message: string }[] }[]} line: within the block, from 0
 */
export function programErrors(blocks) {
  const files = new Map(blocks.map((block, at) => [join(folderOf(block), `block-${at}.ts`), block]))
  const texts = new Map([...files].map(([file, { code }]) => [file, `${code}export {}\n`]))
  const foreign = join(root, 'examples/foreign.d.ts')
  texts.set(foreign, FOREIGN)
  const options = compilerOptions()
  const host = ts.createCompilerHost(options)
  const { fileExists, readFile, getSourceFile } = host
  host.fileExists = (file) => texts.has(file) || fileExists(file)
  host.readFile = (file) => texts.get(file) ?? readFile(file)
  host.getSourceFile = (file, target, ...rest) =>
    texts.has(file) ? ts.createSourceFile(file, texts.get(file), target) : getSourceFile(file, target, ...rest)
  const resolved = ts.createModuleResolutionCache(root, (name) => name, options)
  const alsoFrom = [join(root, 'examples'), ...packagesInOrder().map(({ folder }) => folder)].map((folder) =>
    join(folder, 'x.ts'),
  )
  host.resolveModuleNameLiterals = (names, from) =>
    names.map(({ text }) => {
      const froms = files.has(from) || from === GIVEN ? [from, ...alsoFrom] : [from]
      for (const one of froms) {
        const found = ts.resolveModuleName(text, one, options, host, resolved)
        if (found.resolvedModule) return found
      }
      return { resolvedModule: undefined }
    })
  const program = ts.createProgram([...files.keys(), foreign, GIVEN], options, host)
  const broken = [...program.getOptionsDiagnostics(), ...diagnosticsOf(program, GIVEN)]
  if (broken.length) throw new Error(`${GIVEN}: ${broken.map(textOf).join('; ')}`)
  return [...files].map(([file, block]) => ({
    block,
    found: diagnosticsOf(program, file)
      .filter((one) => block.language === 'ts' || !onlyTypeScript(one))
      .map((one) => ({
        line: one.file?.getLineAndCharacterOfPosition(one.start ?? 0).line ?? 0,
        message: textOf(one),
      })),
  }))
}

const textOf = ({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n')

/** What JavaScript has no way to say: the type of a parameter, and that a value which may be null is not. */
const onlyTypeScript = (one) => (one.code >= 7000 && one.code < 8000) || /\bnull\b/.test(textOf(one))

function diagnosticsOf(program, file) {
  const source = program.getSourceFile(file)
  return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
}

/** Where the block's module would stand. */
function folderOf({ document }) {
  const [top, name] = document.split('/')
  return join(root, top === 'packages' ? `packages/${name}` : 'examples')
}

/** The workspace's, for whoever has Node and a browser, and no stricter than `strict`. */
function compilerOptions() {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (file) => readFileSync(file, 'utf8'))
  const { options, errors } = ts.convertCompilerOptionsFromJson(
    {
      ...config.compilerOptions,
      lib: ['ES2023', 'DOM', 'DOM.Iterable'],
      noUncheckedIndexedAccess: false,
      exactOptionalPropertyTypes: false,
      // What is given is a declaration too.
      skipLibCheck: false,
    },
    root,
  )
  if (errors.length) throw new Error(errors.map(textOf).join('; '))
  return options
}
