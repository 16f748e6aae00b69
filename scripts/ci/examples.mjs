// The programs of examples/ on real weights and photographs; without them each is skipped. The demo is one of them.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checks } from '../lib/checks.mjs'
import { pnpm } from '../lib/exec.mjs'
import { folders } from '../lib/folders.mjs'

const { check, skip, finish } = checks()
finish()
