import { isDeepStrictEqual } from 'node:util'
import { expect } from 'vitest'

/** As `expect(actual).toStrictEqual(expected)`, but many times as fast where they are; `at` is told where they are not. */
export const expectSame = (actual: unknown, expected: unknown, at?: unknown): void => {
  if (!isDeepStrictEqual(actual, expected)) expect({ at, it: actual }).toStrictEqual({ at, it: expected })
}
