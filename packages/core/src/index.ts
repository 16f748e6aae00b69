// One line a room: `export * from './room/file.ts'` for every public function, grouped in the order of the rooms.
export * from './errors.ts'
export * from './signal/images.ts'
export * from './signal/key.ts'
export * from './weights/byte-source.ts'
export * from './weights/state-dict.ts'
export * from './weights/weights.ts'
