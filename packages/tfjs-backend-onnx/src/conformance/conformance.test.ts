import { passNames } from '../passes/index.ts'
import { checkShapes } from '../testing/checked-graph.ts'
import { useOnnx } from '../testing/engines.ts'
import { cases, conformance } from './index.ts'

checkShapes()

conformance('onnx', () => useOnnx())
conformance('onnx-plain', () => useOnnx({ name: 'onnx-plain', passes: [] }))

// Each pass off alone: layers of networks, where passes have most to do, a third of them for each pass.
passNames.forEach((pass, turn) => {
  const name = `onnx-without-${pass}`
  const passes = passNames.filter((p) => p !== pass)
  const layers = new Set(cases.networks?.filter((_, i) => i % 3 === turn % 3))
  conformance(
    name,
    () => useOnnx({ name, passes }),
    (c) => layers.has(c),
  )
})
