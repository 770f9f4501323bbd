import type { EventLog } from './log.ts'

/** Many appends, for a log that takes each by itself. */
export const oneByOne =
  (append: EventLog['append']): EventLog['appendAll'] =>
  (appends) =>
    Promise.all(
      appends.map(({ stream, events, expected, notBefore }) =>
        append(stream, events, expected, notBefore).catch((refused: Error) => ({ refused })),
      ),
    )
