/**
 * The fenced blocks of a document.
 * @param {string} text Markdown
 * @returns {{ language: string, line: number, code: string }[]} line: of the first line of code, from 1
 */
export function codeBlocks(text) {
  const blocks = []
  let open
  text.split('\n').forEach((line, at) => {
    const fence = /^```(\S*)/.exec(line)
    if (!fence) open?.lines.push(line)
    else if (open) {
      blocks.push({ language: open.language, line: open.line, code: `${open.lines.join('\n')}\n` })
      open = undefined
    } else open = { language: fence[1], line: at + 2, lines: [] }
  })
  return blocks
}

/**
 * The commands of a shell block as words: one for each part between pipes, `&&` and `;`, without comments, redirections and the
 * variables set before a command. It knows quotes and continued lines, and nothing else of a shell.
 * @returns {{ words: string[], line: number }[]} line: within the block, from 0
 */
export function shellCommands(code) {
  const commands = []
  const tokens = [
    ...code.matchAll(/(\\\n|[ \t]+)|(#.*)|(\n|&&|\|\|?|;)|(\d?>>?|<)|((?:"[^"]*"|'[^']*'|\\.|[^\s"'|;<>&])+)/g),
  ]
  let words = []
  let line = 0
  let redirected = false
  let began = 0
  const end = () => {
    while (/^\w+=/.test(words[0] ?? '')) words.shift()
    if (words.length) commands.push({ words, line: began })
    words = []
    redirected = false
  }
  for (const [text, , , separator, redirection, word] of tokens) {
    if (separator) end()
    else if (redirection) redirected = true
    else if (word && redirected) redirected = false
    else if (word) {
      if (words.length === 0) began = line
      words.push(
        word.replace(/"([^"]*)"|'([^']*)'|\\(.)/g, (_, double, single, escaped) => double ?? single ?? escaped),
      )
    }
    line += text.split('\n').length - 1
  }
  end()
  return commands
}
