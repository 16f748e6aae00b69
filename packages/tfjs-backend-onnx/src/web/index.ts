/** The backend in browsers, over onnxruntime-web. Importing this registers and loads nothing. */
export { threadsOfPage, type WebRuntimeOptions, webRuntime } from './onnxruntime.ts'
export { startWebBackend, type WebBackendOptions } from './start.ts'
