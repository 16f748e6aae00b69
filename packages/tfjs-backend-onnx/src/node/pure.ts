/** All of `/node` for those who register at a time of their own: importing this registers nothing. */
export { hasCudaLibraries } from './load.ts'
export type { NodeBackendOptions } from './make.ts'
export { type Device, type NodeRuntime, type NodeRuntimeOptions, nodeRuntime } from './onnxruntime.ts'
export { registerNodeBackend, startNodeBackend } from './register.ts'
export { disableTelemetry } from './telemetry.ts'
export type { TraceOptions } from './trace.ts'
