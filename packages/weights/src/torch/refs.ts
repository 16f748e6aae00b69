import type { DType } from '../state-dict.ts'

/** A storage that a pickle names by its persistent id: a run of elements elsewhere in the file. */
export class StorageRef {
  readonly kind = 'a storage'
  constructor(
    /** Which record of the file it is. */
    readonly key: string,
    /** null for an untyped storage, whose tensors tell their own dtype. */
    readonly dtype: DType | null,
    /** Elements; bytes where it is untyped. */
    readonly numel: number,
    /** Element of the record at which it begins: not 0 only in old streams, where a storage may be a view of another. */
    readonly start = 0,
  ) {}
}

/** A tensor as a pickle describes it: a strided view of a storage, known to lie inside it. */
export class TensorRef {
  readonly kind = 'a tensor'
  constructor(
    readonly storage: StorageRef,
    readonly dtype: DType,
    /** In elements from the storage's start. */
    readonly offset: number,
    readonly shape: readonly number[],
    /** Elements from one index to the next, per axis. */
    readonly stride: readonly number[],
    /** The values are those of the storage with the sign turned (PyTorch's negated view). */
    readonly negated: boolean,
  ) {}
}
