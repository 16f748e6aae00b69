import { expect, test } from 'vitest'
import { codeBlocks, shellCommands } from './code-blocks.mjs'

test('blocks have their language and the line at which their code begins', () => {
  const text = 'text\n```ts\nconst a = 1\n```\n```\nplain\n```\n'
  expect(codeBlocks(text)).toEqual([
    { language: 'ts', line: 3, code: 'const a = 1\n' },
    { language: '', line: 6, code: 'plain\n' },
  ])
})

test('commands are words: continued, quoted, piped, redirected, with variables and comments', () => {
  const code = `A=1 B=2 one --x "two words" \\
  --y='it' > out.txt   # a comment
first && second | third 2>> log; fourth
sign … --z ./*.png
`
  expect(shellCommands(code)).toEqual([
    { words: ['one', '--x', 'two words', '--y=it'], line: 0 },
    { words: ['first'], line: 2 },
    { words: ['second'], line: 2 },
    { words: ['third'], line: 2 },
    { words: ['fourth'], line: 2 },
    { words: ['sign', '…', '--z', './*.png'], line: 3 },
  ])
})
