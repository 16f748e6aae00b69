import type { OnnxRuntime, OnnxSession } from '../execution/runtime.ts'

/** A runtime that really runs only when told to, and without synchronous calls: what a browser's looks like. */
export class SlowRuntime implements OnnxRuntime {
  readonly name = 'slow'
  readonly provider = 'cpu'
  created = 0
  released = 0
  /** Runs that have begun and not ended. */
  running = 0
  mostRunning = 0
  failNext = false
  /** Until then runs end by themselves. */
  gated = false
  #gates: (() => void)[] = []

  constructor(private readonly inner: OnnxRuntime) {}

  async create(model: Uint8Array): Promise<OnnxSession> {
    const session = await this.inner.create(model)
    this.created++
    return {
      run: async (inputs, outputs) => {
        this.mostRunning = Math.max(this.mostRunning, ++this.running)
        if (this.gated) await new Promise<void>((resolve) => this.#gates.push(resolve))
        this.running--
        if (this.failNext) {
          this.failNext = false
          throw new Error('the device was lost')
        }
        await session.run(inputs, outputs)
      },
      release: () => {
        this.released++
        return session.release()
      },
    }
  }

  /** Lets every run end that has begun or will begin within some turns. */
  async open(): Promise<void> {
    for (let turn = 0; turn < 20; turn++) {
      for (const gate of this.#gates.splice(0)) gate()
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }

  /** Waits until a run has begun. */
  async begun(): Promise<void> {
    while (this.running === 0) await new Promise((resolve) => setTimeout(resolve, 1))
  }
}
