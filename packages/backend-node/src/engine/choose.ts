import { StableSigError } from '@stablesig/core'

export type Device = 'cpu' | 'cuda' | 'webgpu'

/** What runs the graphs, and why it was chosen. */
export interface Engine {
  readonly device: Device
  /** e.g. 'onnxruntime-node 1.30.0 (cpu)' */
  readonly engine: string
  /** One sentence for people. */
  readonly reason: string
  /** Processor threads that the engine computes with. */
  readonly threads: number
}

/** The ways in which an engine can be had on this machine; each registers and selects a tfjs backend when it works. */
export interface Adapters {
  /** The compiled backend over onnxruntime-node. @returns its name; throws where the provider does not start */
  onnx(provider: Device, threads: number): Promise<string>
  /** Whether onnxruntime-node's CUDA libraries are installed; they are fetched by its own install script. */
  hasOnnxCuda(): Promise<boolean>
  /** @tensorflow/tfjs-node-gpu. @returns its name, or null where it is not installed; throws where it does not start */
  tfjsNodeGpu(): Promise<string | null>
}

const INSTALL_CUDA =
  'install CUDA 12 and cuDNN 9 and run the install script of onnxruntime-node (npm rebuild onnxruntime-node), ' +
  'or npm install @tensorflow/tfjs-node-gpu'

/** An error that says already what to do stays as it is. */
const noEngine = (message: string, cause?: unknown) =>
  cause instanceof StableSigError ? cause : new StableSigError('no-engine', message, { cause })
const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n', 1)[0]!.trim().slice(0, 300)

/**
 * Starts the engine for a device. A device that is asked for is used or its absence is an error: nothing falls back silently.
 * 'auto' takes CUDA where onnxruntime-node has its libraries and they start, else the processor, and says which.
 * @throws StableSigError 'no-engine' saying what to install
 */
export async function chooseEngine(device: Device | 'auto', threads: number, adapters: Adapters): Promise<Engine> {
  switch (device) {
    case 'cpu':
      return { device, engine: await startCpu(threads, adapters), reason: 'the processor was asked for', threads }
    case 'cuda':
      return startCuda(threads, adapters)
    case 'webgpu': {
      const engine = await adapters.onnx('webgpu', threads).catch((cause: unknown) => {
        throw noEngine(
          `no WebGPU device starts (${firstLine(cause)}); it needs a GPU with a Vulkan, Metal or Direct3D 12 driver`,
          cause,
        )
      })
      return { device, engine, reason: 'WebGPU was asked for', threads }
    }
    case 'auto': {
      let why = 'onnxruntime-node has no CUDA libraries here'
      if (await adapters.hasOnnxCuda()) {
        try {
          const engine = await adapters.onnx('cuda', threads)
          return { device: 'cuda', engine, reason: 'CUDA is installed and starts', threads }
        } catch (error) {
          why = `CUDA is installed but does not start: ${firstLine(error)}`
        }
      }
      return {
        device: 'cpu',
        engine: await startCpu(threads, adapters),
        reason: `the processor, since ${why}`,
        threads,
      }
    }
  }
}

const startCpu = (threads: number, adapters: Adapters): Promise<string> =>
  adapters.onnx('cpu', threads).catch((cause: unknown) => {
    throw noEngine(
      `onnxruntime-node does not start (${firstLine(cause)}); npm install onnxruntime-node on this platform, and where a ` +
        'program is bundled keep that package outside of the bundle (docs/bundling.md)',
      cause,
    )
  })

async function startCuda(threads: number, adapters: Adapters): Promise<Engine> {
  const problems: unknown[] = []
  if (await adapters.hasOnnxCuda()) {
    try {
      const engine = await adapters.onnx('cuda', threads)
      return { device: 'cuda', engine, reason: 'CUDA was asked for', threads }
    } catch (error) {
      problems.push(error)
    }
  }
  try {
    const engine = await adapters.tfjsNodeGpu()
    if (engine) {
      const reason = 'CUDA was asked for, and @tensorflow/tfjs-node-gpu is installed'
      return { device: 'cuda', engine, reason, threads }
    }
  } catch (error) {
    problems.push(error)
  }
  const found = problems.length ? `none starts (${problems.map(firstLine).join('; ')})` : 'none is installed'
  throw noEngine(`of the engines that use CUDA ${found}; ${INSTALL_CUDA}`, problems[0])
}
