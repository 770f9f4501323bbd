import { cpus, totalmem } from 'node:os'

/** The value in the middle. Throws without values. */
export const median = (values: readonly number[]): number => percentile(values, 50)

/** The value below or at which so many percent of them lie. Throws without values. */
export const percentile = (values: readonly number[], percent: number): number => {
  const value = values.toSorted((a, b) => a - b)[Math.ceil((values.length * percent) / 100) - 1]
  if (value === undefined) throw new Error('There is nothing to measure')
  return value
}

/** The median of what pairs of rounds give divided by each other. */
export const medianRatio = (of: readonly number[], by: readonly number[]): number =>
  median(of.map((value, index) => value / by[index]!))

/** A number with the digits that mean something. */
export const rounded = (value: number): number => {
  if (Math.abs(value) >= 100) return Math.round(value)
  return Number(value.toPrecision(3))
}

/** What the numbers were measured on. */
export const machine = () => {
  const processors = cpus()
  return {
    processor: processors[0]?.model ?? 'unknown',
    cores: processors.length,
    memoryGiB: rounded(totalmem() / 2 ** 30),
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
  }
}

/** A line of a result: what was measured, its unit, and numbers by their names. */
export type Measured = { what: string; unit: string } & Record<string, number | string>

/** What a section found: its conditions, its table, and the ratios that its budgets are about. */
export type Result = {
  section: string
  conditions: Record<string, number | string>
  measured: Measured[]
  ratios: Record<string, number>
}

/** A table of lines, the numbers to the right. */
export const tableOf = (lines: readonly Measured[]): string => {
  const columns = [...new Set(lines.flatMap((line) => Object.keys(line)))]
  const cells = [columns, ...lines.map((line) => columns.map((name) => shown(line[name])))]
  const widths = columns.map((_, index) => Math.max(...cells.map((row) => row[index]!.length)))
  return cells
    .map((row) => row.map((cell, at) => (at < 2 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!))))
    .map((row) => `  ${row.join('  ')}`.trimEnd())
    .join('\n')
}

const shown = (value: number | string | undefined): string => {
  if (typeof value === 'number') return rounded(value).toLocaleString('en')
  return value ?? ''
}
