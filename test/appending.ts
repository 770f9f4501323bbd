import type { EventLog } from '../src/log/log.ts'
import { oneByOne } from '../src/log/one-by-one.ts'

/** A log, each append to which is made by another. */
export const appendingBy = (log: EventLog, append: EventLog['append']): EventLog => ({
  ...log,
  append,
  appendAll: oneByOne(append),
})
