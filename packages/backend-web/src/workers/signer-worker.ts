// The worker of `createWorkerSigner`: opens engine, autoencoder and extractor once, then signs and marks, one call after the other.
import { serveSigner } from './serve-signer.ts'

serveSigner(globalThis)
