import type { Fault } from '../errors.ts'
import type { Problem } from '../http/problem.ts'
import type { LineResult, Summary } from '../ledger/line-result.ts'
import type { Progress } from './progress.ts'
import { plain, put, say, toned } from './terminal.ts'

/** What became of a line, as it is answered. */
export type ToldResult = Omit<LineResult, 'problem'> & { problem?: Problem }

type Options = { json?: boolean; all?: boolean; dryRun?: boolean }

const statusText = (status: string | null): string =>
  status === null ? 'where nothing of it is recorded' : `where it is ${status}`

const faultsOf = ({ errors }: Problem): readonly Fault[] => (Array.isArray(errors) ? (errors as Fault[]) : [])

/** A problem in words: its sentence, and the places at fault where they say more. */
export const problemLines = (problem: Pick<Problem, 'detail'> & { errors?: unknown }): string[] => {
  const faults = faultsOf(problem as Problem)
  const isTold = ({ pointer, detail }: Fault): boolean =>
    problem.detail === `${pointer}: ${detail}` || (faults.length === 1 && problem.detail.includes(detail))
  const places = faults.filter((fault) => !isTold(fault))
  return [
    plain(problem.detail),
    ...places.map(({ pointer, detail }) => `  ${plain(pointer)}: ${plain(detail)}`),
  ]
}

/** Lines that follow each other, refused alike: told once. */
type Alike = { from: number; to: number; detail: string }

const showAlike = ({ from, to, detail }: Alike): Promise<void> =>
  say(`${from === to ? `line ${from}` : `lines ${from} to ${to}`} ${toned('refused', 'warning')}: ${detail}`)

const showResult = async ({ line, result, problem, flags = [], eventId }: ToldResult): Promise<void> => {
  if (problem) {
    const [detail = '', ...places] = problemLines(problem)
    await say(`line ${line} ${toned('refused', 'warning')}: ${detail}`)
    for (const place of places) await say(place)
    return
  }
  if (flags.length === 0) return say(`line ${line} ${result}${eventId === undefined ? '' : `: ${eventId}`}`)
  for (const flag of flags) {
    const which = eventId === undefined || flag.eventId === eventId ? '' : ` (event ${flag.eventId})`
    await say(
      `line ${line} ${toned('flagged', 'warning')}: ${flag.type} stands ${statusText(flag.status)}${which}`,
    )
  }
}

const isTold = ({ result, flags }: ToldResult): boolean => result === 'refused' || flags !== undefined

const showSummary = (
  { lines, recorded, repeated, refused, position }: Summary,
  dryRun: boolean,
): Promise<void> => {
  const would = dryRun ? 'would be ' : ''
  const newest = position > 0 && !dryRun ? `; newest position ${position}` : ''
  return say(
    `${lines} lines: ${recorded} ${would}recorded, ${repeated} ${would}repeated, ${refused} ${would}refused${newest}`,
  )
}

/**
 * Prints the results of an import or a restore: refused and flagged lines, or all of them, and the summary. Gives the
 * summary; null: they ended without one.
 */
export const showResults = async (
  results: AsyncIterable<ToldResult | Summary>,
  progress: Progress,
  { json, all, dryRun = false }: Options,
): Promise<Summary | null> => {
  let summary: Summary | null = null
  let alike: Alike | null = null
  for await (const result of results) {
    const problem =
      'problem' in result && !json && result.problem?.code === 'unavailable' ? result.problem : null
    if (problem && 'line' in result) {
      progress.line()
      const detail = plain(problem.detail)
      if (alike?.to === result.line - 1 && alike.detail === detail) {
        alike.to = result.line
        continue
      }
      progress.hide()
      if (alike) await showAlike(alike)
      alike = { from: result.line, to: result.line, detail }
      continue
    }
    if (alike) {
      progress.hide()
      await showAlike(alike)
      alike = null
    }
    if ('done' in result) summary = result
    else {
      progress.line()
      if (!all && !isTold(result)) continue
    }
    progress.hide()
    if (json) await put(`${JSON.stringify(result)}\n`)
    else await ('done' in result ? showSummary(result, dryRun) : showResult(result))
  }
  if (alike) await showAlike(alike)
  return summary
}
