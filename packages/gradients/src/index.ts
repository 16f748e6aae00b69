/**
 * Registers the gradients of tfjs' kernels: importing this package is all there is to do. tfjs-core's Node bundle leaves them out,
 * and its modules that have them cannot be imported by Node, so the build bundles those, once for all packages that differentiate.
 */
import '@tensorflow/tfjs-core/dist/register_all_gradients'
