/**
 * The backend on Node: importing this is all there is to do before `await tf.setBackend('onnx')`. It registers the backend with
 * its defaults and loads nothing; onnxruntime-node loads when the backend is made. An effect for which package.json names this file.
 */
import { findBackendFactory } from '@tensorflow/tfjs-core'
import { DEFAULT_NAME } from '../backend/register.ts'
import { registerNodeBackend } from './register.ts'

export * from './pure.ts'

if (!findBackendFactory(DEFAULT_NAME)) registerNodeBackend()
