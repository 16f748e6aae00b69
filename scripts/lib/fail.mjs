/** Ends this process with the error's message and exit code 2, without a stack: for failures that a message explains. */
export function failWith(error) {
  process.stderr.write(`${error.message}\n`)
  process.exit(2)
}
