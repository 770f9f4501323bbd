import {
  appendFileSync,
  closeSync,
  mkdtempSync,
  openSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createBytes, joined } from '../../src/readmodel/bytes.ts'
import { mapMemory, readMemory, type Region } from '../../src/readmodel/file-memory.ts'
import { firstOf, openStateFile, openStateWriter, writeState } from '../../src/readmodel/state-file.ts'
import { createStates } from '../../src/readmodel/states.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crisis-ledger-'))
  file = join(folder, 'file')
})
afterEach(() => rmSync(folder, { recursive: true }))

const bytesIn = ({ memory, start, end }: Region): Buffer => memory.subarray(start, end)

const ways = {
  mapped: (descriptor: number) => mapMemory(descriptor, 4096)!,
  read: readMemory,
}

describe.each(Object.entries(ways))('The bytes of a file, %s,', (_way, memoryOf) => {
  const withMemory = (of: (memory: ReturnType<typeof memoryOf>) => void) => {
    const descriptor = openSync(file, 'r')
    const memory = memoryOf(descriptor)
    of(memory)
    memory.close()
    closeSync(descriptor)
  }

  it('are those from a place on, fewer where it ends, and none behind its end', () => {
    writeFileSync(file, 'What was said')
    withMemory((memory) => {
      expect(bytesIn(memory.at(5, 3)).toString()).toBe('was')
      expect(bytesIn(memory.at(9, 100)).toString()).toBe('said')
      expect(bytesIn(memory.at(13, 100))).toHaveLength(0)
      expect(bytesIn(memory.at(10_000, 100))).toHaveLength(0)
    })
  })

  it('are there however often and far it grew', () => {
    writeFileSync(file, '')
    withMemory((memory) => {
      for (const length of [1, 4095, 5000, 100_000]) {
        expect(bytesIn(memory.at(0, 10_000_000)).toString().length).toBeLessThan(length)
        truncateSync(file)
        appendFileSync(file, 'x'.repeat(length))
        expect(bytesIn(memory.at(0, length)).toString()).toBe('x'.repeat(length))
      }
    })
  })

  it('are read as states, and nothing that is not as it was written', () => {
    const long = '"long"'.repeat(2000)
    const bytes = Buffer.alloc(2 ** 16)
    const first = firstOf(0)
    const second = first + writeState(bytes, 0, first, '"short"')
    const end = second + writeState(bytes, (second - first) * 64, second, long)
    const writer = openStateWriter(file)
    writer.write([{ number: first, bytes: bytes.subarray(0, (end - first) * 64) }])
    writer.close()

    const read = (numbers: readonly number[]) => {
      const states = openStateFile(file, memoryOf)
      const texts = numbers.map((number) => {
        const text = states.read(number)
        return text && bytesIn(text).toString()
      })
      states.close()
      return texts
    }
    expect(read([first, second, first])).toStrictEqual(['"short"', long, '"short"'])
    expect(read([second + 1, end, firstOf(1)])).toStrictEqual([undefined, undefined, undefined])
    const descriptor = openSync(`${file}.states`, 'r+')
    writeSync(descriptor, 'x', 64 + 10)
    writeSync(descriptor, Buffer.from([0xff, 0xff, 0xff, 0xff]), 0, 4, (second - first + 1) * 64)
    closeSync(descriptor)
    expect(read([first, second, first])).toStrictEqual([undefined, undefined, undefined])
  })
})

describe('The states of a read model', () => {
  it('are written from memory and from the file alike', () => {
    const writer = openStateWriter(file)
    const open = (ends: readonly number[]) =>
      createStates(openStateFile(file), ends, (number) => `"made again: ${number}"`)
    const states = open([firstOf(0)])
    const numbers = ['"Motín"', '{"status":"ended"}'].map((text) => states.add(text))
    const written = () => {
      const bytes = createBytes()
      for (const number of [...numbers, 0]) states.write(number, bytes)
      return joined(bytes).toString()
    }
    expect(written()).toBe('"Motín"{"status":"ended"}null')
    writer.write(states.take())
    states.written()
    writer.close()
    const again = open(states.ends())
    const bytes = createBytes()
    for (const number of numbers) again.write(number, bytes)
    expect(joined(bytes).toString()).toBe('"Motín"{"status":"ended"}')
  })
})
