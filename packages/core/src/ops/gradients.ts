/**
 * Registers the gradients of tfjs's kernels. tfjs-core's Node bundle leaves them out, so every entry point that
 * differentiates relies on this module being kept by bundlers: package.json lists it under sideEffects.
 */
import '@stablesig/gradients'
