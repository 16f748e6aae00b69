export * from './files/file-source.ts'
