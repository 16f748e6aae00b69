import { cutOff, damaged, unsupported } from './fault.ts'
import { type Box, ByteCursor, boxes } from './heif-boxes.ts'

/** A side that no AV1 or HEVC image has. */
const MAX_SIDE = 1 << 16

/** Items that are pictures, of other codings than AV1. */
const OTHER_CODINGS: ReadonlySet<string> = new Set(['hvc1', 'hev1', 'lhv1', 'avc1', 'vvc1', 'j2k1', 'jpeg', 'unci'])

/**
 * Walks the boxes of an AVIF or HEIF. They fill the file; the items that they name exist, lie in the file and, where they are
 * AV1, say their size and coding. A decoder that passes over a broken reference gives the picture without its transparency.
 * @throws Fault
 */
export function checkHeif(bytes: Uint8Array): void {
  // The brand of HEVC, of a picture or a sequence: heic, heix, hevc, …
  if (bytes[8] === 0x68 && bytes[9] === 0x65) throw unsupported('HEIC (HEIF compressed with HEVC)')
  const outermost = [...boxes(bytes, 0, bytes.length)]
  const meta = outermost.find(({ type }) => type === 'meta')
  // An image sequence may have none.
  if (!meta) {
    if (outermost.some(({ type }) => type === 'moov')) return
    throw damaged('it has no box that tells its items')
  }
  // After four bytes of version and flags.
  const inner = [...boxes(bytes, meta.from + 4, meta.to)]
  const open = (type: string) => {
    const box = inner.find((one) => one.type === type)
    return box && new ByteCursor(bytes, box)
  }
  checkHandler(bytes, open('hdlr'))
  const kinds = itemKinds(bytes, open('iinf'))
  const other = [...kinds.values()].find((kind) => OTHER_CODINGS.has(kind))
  if (other) throw unsupported(`HEIF compressed with ${other === 'hvc1' || other === 'hev1' ? 'HEVC' : other}`)
  const known = (id: number) => {
    if (!kinds.has(id)) throw damaged(`it refers to an item ${id} that it does not have`)
  }
  checkLocations(bytes, open('iloc'), known)
  checkReferences(bytes, open('iref'), known)
  const primary = open('pitm')
  if (!primary) throw damaged('it does not say which item is its picture')
  const wide = primary.version() > 0
  known(primary.read(wide ? 4 : 2))
  const iprp = inner.find(({ type }) => type === 'iprp')
  const properties = itemProperties(bytes, iprp, known)
  for (const [id, kind] of kinds) {
    if (kind !== 'av01') continue
    for (const needed of ['ispe', 'av1C'])
      if (!properties.get(id)?.includes(needed)) throw damaged(`its picture lacks its property ${needed}`)
  }
}

/** Items are parts of a picture: the handler is 'pict', and its name, mostly an empty one, has an end. */
function checkHandler(bytes: Uint8Array, hdlr: ByteCursor | undefined): void {
  if (hdlr?.version() !== 0 || hdlr.read(4) !== 0 || hdlr.text() !== 'pict' || bytes[hdlr.to - 1] !== 0)
    throw damaged('it does not say that its items are a picture')
}

/** What each item is, by its id: 'av01', 'grid', 'Exif', … */
function itemKinds(bytes: Uint8Array, iinf: ByteCursor | undefined): Map<number, string> {
  const kinds = new Map<number, string>()
  if (!iinf) throw damaged('it has no list of its items')
  iinf.read(iinf.version() > 0 ? 4 : 2)
  for (const box of boxes(bytes, iinf.at, iinf.to)) {
    if (box.type !== 'infe') throw damaged('its list of items holds something else')
    const entry = new ByteCursor(bytes, box)
    const id = entry.read(entry.version() > 2 ? 4 : 2)
    entry.read(2)
    kinds.set(id, entry.text())
  }
  return kinds
}

function checkReferences(bytes: Uint8Array, iref: ByteCursor | undefined, known: (id: number) => void): void {
  if (!iref) return
  const size = iref.version() > 0 ? 4 : 2
  for (const box of boxes(bytes, iref.at, iref.to)) {
    const reference = new ByteCursor(bytes, box)
    known(reference.read(size))
    for (let count = reference.read(2); count > 0; count--) known(reference.read(size))
  }
}

function checkLocations(bytes: Uint8Array, iloc: ByteCursor | undefined, known: (id: number) => void): void {
  if (!iloc) throw damaged('it does not say where its items are')
  const version = iloc.version()
  const [offsets, bases] = [iloc.read(1), iloc.read(1)]
  for (let count = iloc.read(version > 1 ? 4 : 2); count > 0; count--) {
    known(iloc.read(version > 1 ? 4 : 2))
    const inFile = version === 0 || iloc.read(2) % 16 === 0
    iloc.read(2)
    const base = iloc.read(bases >> 4)
    const extents = iloc.read(2)
    for (let i = 0; i < extents; i++) {
      if (version > 0) iloc.read(bases % 16)
      const end = base + iloc.read(offsets >> 4) + iloc.read(offsets % 16)
      if (inFile && end > bytes.length) throw cutOff('an item of it lies beyond its end')
      // Extents of no bytes are all the same.
      if (offsets === 0 && (version === 0 || bases % 16 === 0)) break
    }
  }
}

function checkSize(ispe: ByteCursor): void {
  ispe.version()
  const sides = [ispe.read(4), ispe.read(4)]
  if (sides.some((side) => side < 1 || side > MAX_SIDE)) throw damaged('it tells an impossible size')
}

/** Bits of each channel: AV1 has 8, 10 or 12, the same in all. */
function checkDepths(pixi: ByteCursor): void {
  const { version, flags } = pixi.versionAndFlags()
  const depths = new Set(Array.from({ length: pixi.read(1) }, () => pixi.read(1)))
  const [depth = 0] = depths
  if (version + flags > 0 || depths.size !== 1 || ![8, 10, 12].includes(depth))
    throw damaged('it tells impossible depths of its channels')
}

/** Types of each item's properties, by its id. */
function itemProperties(
  bytes: Uint8Array,
  iprp: Box | undefined,
  known: (id: number) => void,
): ReadonlyMap<number, readonly string[]> {
  const properties = new Map<number, string[]>()
  const inner = iprp ? [...boxes(bytes, iprp.from, iprp.to)] : []
  const ipco = inner.find(({ type }) => type === 'ipco')
  const defined = ipco ? [...boxes(bytes, ipco.from, ipco.to)] : []
  for (const box of defined) {
    if (box.type === 'ispe') checkSize(new ByteCursor(bytes, box))
    if (box.type === 'pixi') checkDepths(new ByteCursor(bytes, box))
  }
  for (const box of inner.filter(({ type }) => type === 'ipma')) {
    const ipma = new ByteCursor(bytes, box)
    const { version, flags } = ipma.versionAndFlags()
    for (let count = ipma.read(4); count > 0; count--) {
      const id = ipma.read(version > 0 ? 4 : 2)
      known(id)
      const types = properties.get(id) ?? []
      for (let n = ipma.read(1); n > 0; n--) {
        // The highest bit says that the property is essential; 0 stands for none.
        const index = flags % 2 ? ipma.read(2) % 0x8000 : ipma.read(1) % 0x80
        if (index > defined.length) throw damaged('it refers to a property that it does not have')
        types.push(defined[index - 1]?.type ?? '')
      }
      properties.set(id, types)
    }
  }
  return properties
}
