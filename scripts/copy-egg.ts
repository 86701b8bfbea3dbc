// Egg reads a plugin's package.json, which the compiler leaves behind.
import { copyFileSync } from 'node:fs'

copyFileSync('adapters/egg/package.json', 'dist/adapters/egg/package.json')
