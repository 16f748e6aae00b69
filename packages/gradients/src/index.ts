/**
 * Registers the gradients of tfjs' kernels: importing this package is all there is to do. tfjs-core's Node bundle leaves them out,
 * and its modules that have them cannot be imported by Node, so the build bundles those, once for all packages that differentiate.
 */
// First: tfjs' engine is that of the copy which loads first, and what the build bundles has tensors without methods.
import '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-core/dist/register_all_gradients'
