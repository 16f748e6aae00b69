/**
 * What a program may tell this backend beside the computation itself. None of it changes a result but by rounding: it decides what
 * is compiled in, what is fed, and when something is computed. A library that runs on any tfjs backend looks for `hints` and leaves
 * them out where there are none:
 * ```ts
 * const { hints } = tf.backend() as { hints?: Partial<EngineHints> }
 * hints?.keepAsInput?.(learningRate.dataId)
 * ```
 * What a tensor is without a hint: one with different values is fed to each run. One whose values are all equal, a scalar above all,
 * is a literal: compiled in until its value has changed once, which costs a second compile, and fed from then on. A tensor of shape
 * [1] is data by convention and always fed.
 *
 * How many steps of a loop become one graph is no hint: everything recorded between two reads does.
 */
export interface EngineHints {
  /**
   * The tensor's values never change: they become part of compiled models, prepared once. Where each of them is a float16's or a
   * bfloat16's, as in weights from a file of half precision, only the halves are kept. A graph with other constants is another
   * graph, so that a tensor which takes turns with others is better left without.
   * @param dataId of a tensor that is there; of any other, no effect
   */
  markConstant(dataId: object): void
  /**
   * The tensor's values change from step to step, even where they are all equal now: they are fed from the start. For what a loop
   * replaces: a learning rate, a step's number, moments that begin with zeros.
   * @param dataId of a tensor that nothing has read yet; of any other, no effect
   */
  keepAsInput(dataId: object): void
}

/**
 * The kernel that is a barrier for recomputation: `engine().runKernel(AFTERWARDS, { x, after })` is x, unchanged, as a tensor that is
 * there no earlier than `after`. What is computed from it is computed again and not taken from an earlier computation, which is how
 * gradient checkpointing saves memory on an engine that would compute equal things once. It has no gradient: it stands inside
 * gradients. Where `getKernel(AFTERWARDS, backendName)` finds none, the engine computes in the order of the calls, and needs none.
 */
export const AFTERWARDS = 'Afterwards'
