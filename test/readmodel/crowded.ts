import { rebuilding } from './rebuilding.ts'

// Makes the read model in a folder anew, and says what kept it from being made: it is run where there is little space.
const [path = ''] = process.argv.slice(2)
const { rebuild, close } = await rebuilding(path)
await rebuild.start().catch(() => undefined)
console.log(String(rebuild.lastError()).replaceAll('\n', ' '))
await close()
