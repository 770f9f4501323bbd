import { connect } from 'node:net'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openService, type TestService } from '../service.ts'
import { send } from './wire.ts'

// An answer of more than one piece of memory is sent from where it was written, which others use afterwards.

const path = '/v1/incidents?limit=1000'
let service: TestService
let url: string
let expected: unknown

beforeAll(async () => {
  service = await openService()
  url = await service.listen()
  for (let number = 0; number < 150; number++)
    await service.record(`/v1/incidents/i-${number}/report`, {
      data: { type: 'riot', title: `Motín ${number}: `.padEnd(2000, String(number % 10)) },
    })
  // Without a connection it is copied.
  expected = (await service.get(path)).body
})
afterAll(() => service[Symbol.asyncDispose]())

describe('A large answer', () => {
  test('has its length and all its rows, as often as it is asked for, by however many at once', async () => {
    for (let round = 0; round < 3; round++) {
      const replies = await Promise.all(Array.from({ length: 4 }, () => send(url, path)))
      for (const { status, headers, body } of replies) {
        expect(status).toBe(200)
        expect(Number(headers['content-length'])).toBe(Buffer.byteLength(JSON.stringify(body)))
        expect(body).toStrictEqual(expected)
      }
    }
  })

  test('harms no other when whoever asked for it goes away', async () => {
    const { hostname, port } = new URL(url)
    for (let round = 0; round < 10; round++) {
      const socket = connect(Number(port), hostname)
      socket.write(`GET ${path} HTTP/1.1\r\nhost: ${hostname}\r\n\r\n`)
      await once(socket, 'data')
      socket.destroy()
      expect((await send(url, path)).body).toStrictEqual(expected)
    }
    expect(service.logged.filter(({ level }) => Number(level) > 30)).toStrictEqual([])
  })

  test('is not made before those that were asked for earlier on its connection are sent', async () => {
    const { model } = service.service
    const { write } = model
    let made = 0
    model.write = (...asked) => {
      made++
      return write(...asked)
    }
    const many = 100
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    await once(socket, 'connect')
    socket.pause()
    socket.write(`GET ${path} HTTP/1.1\r\nhost: ${hostname}\r\n\r\n`.repeat(many))
    await expect.poll(() => made).toBeGreaterThan(0)
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(made).toBeLessThan(many)
    socket.resume()
    await expect.poll(() => made, { timeout: 10_000 }).toBe(many)
    socket.destroy()
    model.write = write
  })

  test('to HEAD has the same length and no rows', async () => {
    const { headers } = await send(url, path)
    const { status, headers: ofHead } = await send(url, path, { method: 'HEAD' })
    expect(status).toBe(200)
    expect(ofHead['content-length']).toBe(headers['content-length'])
  })
})
