import { EngineError } from '../errors.ts'
import { removeDeadCode } from '../passes/dead-code.ts'
import { foldViews } from './fold-views.ts'
import { toHalfPrecision } from './half.ts'
import { type FileWeight, fileWeight, lowerAt } from './lower.ts'
import { openLengths } from './open-lengths.ts'
import { whileRecording } from './recorder.ts'
import { sampleLengths } from './samples.ts'
import type { ExportedFunction, ExportOptions } from './spec.ts'
import { writeModel } from './write.ts'

/**
 * Writes a function of tensors as an ONNX model for any runtime: operators of ONNX itself (operator set 20), weights inside,
 * one model for every length of the open axes.
 *
 * The function is recorded, not computed, at several sizes; lengths that differ from one to the other are computed from the
 * inputs' shapes when the model runs. Whatever engine is in use stays so: the weights are read from it once.
 *
 *   const bytes = await exportModel((w, [x]) => network(w, x), {
 *     weights,
 *     inputs: [{ name: 'images', shape: ['batch_size', 'height', 'width', 3], order: [0, 3, 1, 2] }],
 *     outputs: [{ name: 'logits' }],
 *   })
 *
 * @returns the bytes of the model file
 * @throws EngineError 'unsupported' where the graph depends on the size in a way that no model can express, or the function reads
 *   a tensor; 'limit' for a weight that half precision cannot hold, or weights beyond 2 GiB
 */
export async function exportModel(build: ExportedFunction, options: ExportOptions): Promise<Uint8Array> {
  const weights = await readWeights(options)
  const symbols = [...new Set(options.inputs.flatMap(({ shape }) => shape.filter((d) => typeof d === 'string')))]
  const open = sampleLengths(symbols.length)
  const samples = whileRecording((recorder) =>
    open.map((lengths) =>
      lowerAt(recorder, build, weights, options, (axis) =>
        typeof axis === 'number' ? axis : lengths[symbols.indexOf(axis)]!,
      ),
    ),
  )
  const outputDims = samples.map(({ graph }) => graph.outputs.map((raw) => raw.dims))
  const expected = samples[0]!.graph.outputs.length
  if (expected !== options.outputs.length)
    throw new EngineError(
      'unsupported',
      `the function gives ${expected} tensors, and ${options.outputs.length} are named`,
    )
  const { graph, inputs, weights: named } = openLengths(samples, open)
  graph.inputs = [...inputs]
  foldViews(graph, named)
  const { precision = 'float32', io = 'float32' } = options
  if (precision === 'float32' && io !== 'float32')
    throw new EngineError('unsupported', 'inputs and outputs of type float16 belong to a model of precision float16')
  const names = precision === 'float16' ? toHalfPrecision(graph, named, io) : named
  removeDeadCode(graph)
  const isOpen = (output: number, axis: number) =>
    outputDims.some((dims) => dims[output]![axis] !== outputDims[0]![output]![axis])
  return writeModel(graph, graph.inputs, names, options, isOpen)
}

/** The weights' values, from whatever engine holds them. */
async function readWeights({ weights, names }: ExportOptions): Promise<ReadonlyMap<string, FileWeight>> {
  const read = await Promise.all(
    Object.entries(weights).map(async ([key, tensor]): Promise<[string, FileWeight]> => {
      const values = await tensor.data<'float32'>()
      return [key, fileWeight(names?.get(key) ?? key, tensor.shape, values)]
    }),
  )
  return new Map(read)
}
