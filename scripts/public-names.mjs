// How many names each entry of each published package exports: npx -y pnpm@12 names
import { relative } from 'node:path'
import ts from 'typescript'
import { publishedPackages, root } from './lib/workspace.mjs'

const { config } = ts.readConfigFile(`${root}/tsconfig.json`, ts.sys.readFile)
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
const entries = publishedPackages().flatMap(({ name, folder, manifest }) =>
  Object.entries(manifest.exports ?? {}).map(([path, { source }]) => ({
    name: path === '.' ? name : `${name}${path.slice(1)}`,
    file: `${folder}${source.slice(1)}`,
  })),
)
const program = ts.createProgram(
  entries.map(({ file }) => file),
  { ...options, noEmit: true },
)
const checker = program.getTypeChecker()
for (const { name, file } of entries) {
  const source = program.getSourceFile(file)
  const module = source && checker.getSymbolAtLocation(source)
  const names = module ? checker.getExportsOfModule(module) : []
  console.log(`${String(names.length).padStart(5)}  ${name}  (${relative(root, file)})`)
}
