import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Entity } from '../answer/entity.ts'
import { isLedgerError, LedgerError } from '../errors.ts'
import type { Event } from '../vocabulary/envelope.ts'
import { parseCommand } from './command.ts'
import type { Flag } from './decide.ts'
import type { Ledger, OnAnomaly } from './ledger.ts'
import { objectOf, requestOf } from './line.ts'
import { type LineResult, refusedBy } from './line-result.ts'
import { gathered, type Line, lineGroupsOf } from './lines.ts'
import { createFlagging, type flagsBy } from './receipt.ts'
import { createTrial } from './trial.ts'

/** What would become of lines if those before them were in. Where these find no space, no line after them can be tried. */
export async function* tried(
  ledger: Ledger,
  chunks: AsyncIterable<Uint8Array>,
  { onAnomaly, recordedBy }: { onAnomaly: OnAnomaly; recordedBy: string },
): AsyncGenerator<readonly LineResult[]> {
  const trial = createTrial(ledger.view)
  let flaggings = new Map<string, typeof flagsBy>()
  const flagsAgain = (entity: Entity, recorded: Event): Flag[] => {
    const flagging = flaggings.get(entity.stream) ?? createFlagging()
    flaggings.set(entity.stream, flagging)
    return flagging(entity, recorded)
  }
  const tryOut = (line: Line): LineResult => {
    if ('fault' in line) throw line.fault
    const { number } = line
    const command = parseCommand(requestOf(objectOf(line.text), recordedBy))
    if (full) throw full
    const judged = ledger.judge(command, trial.view, { recordedBy, id: idOfLine(number) }, onAnomaly)
    if (!judged.recorded) trial.add(judged.verdict.after)
    const flags = judged.recorded ? flagsAgain(judged.entity, judged.recorded) : judged.verdict.flags
    return {
      line: number,
      result: judged.recorded ? 'repeated' : 'recorded',
      ...(flags.length > 0 && { flags: withLines(flags) }),
    }
  }
  let supposed = 0
  let full: Error | null = null
  const rest = () => {
    try {
      trial.rest()
    } catch (error) {
      full = error as Error
    }
    flaggings = new Map()
    supposed = 0
  }
  try {
    for await (const window of gathered(lineGroupsOf(chunks), width)) {
      const results: LineResult[] = []
      for (const line of window) {
        try {
          results.push(tryOut(line))
        } catch (error) {
          results.push(refusedBy(line.number, lineNamed(error)))
        }
        if (results.length % atOnce === 0) await nextTurn()
      }
      yield results
      supposed += window.length
      if (supposed >= width && !full) rest()
    }
  } finally {
    trial.close()
  }
}

/** What stands for the id of a line's event: as long as one, so that nothing that names it has another size; none is so late. */
const idOfLine = (line: number): string => `ffffffff-ffff-7fff-bfff-${String(line).padStart(12, '0')}`

/** What was said with such ids, told with the numbers of the lines. */
const withLines = <Said>(said: Said): Said =>
  JSON.parse(
    JSON.stringify(said).replaceAll(
      /ffffffff-ffff-7fff-bfff-(\d{12})/g,
      (_, line: string) => `line ${Number(line)}`,
    ),
  ) as Said

const lineNamed = (error: unknown): unknown =>
  isLedgerError(error)
    ? new LedgerError(error.code, withLines(error.message), withLines(error.members), error.cause)
    : error

/** So many lines are tried before others have a turn, and so many are supposed before what was is laid aside. */
const [atOnce, width] = [256, 2048]
