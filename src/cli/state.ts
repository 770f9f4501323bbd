import type { State } from '../../projections/projection.ts'
import { momentText, untilText } from './moments.ts'
import { wrapped } from './table.ts'
import { plain } from './terminal.ts'

type Named = { name?: unknown }

const isEmpty = (value: unknown): boolean =>
  value === null || value === undefined || (Array.isArray(value) && value.length === 0)

type Bounds = { earliest: string | null; latest: string | null }

const isBounds = (value: object): value is Bounds => 'earliest' in value && 'latest' in value
const isMoment = (value: object): value is Bounds & { latest: string; zone: string | null } =>
  isBounds(value) && 'zone' in value

/** A number as it is known: its text, its best, or its bounds. */
const quantityText = ({ min, best, max, text }: Record<string, unknown>): string => {
  if (typeof text === 'string') return plain(text)
  if (typeof best === 'number') return String(best)
  if (typeof min === 'number' && typeof max === 'number') return `${min} to ${max}`
  if (typeof min === 'number') return `at least ${min}`
  return typeof max === 'number' ? `at most ${max}` : 'unknown'
}

const isQuantity = (value: object): boolean => 'best' in value && 'min' in value

const valueText = (value: unknown, zone: string): string => {
  if (typeof value === 'string') return plain(value)
  if (Array.isArray(value)) return value.map((one) => valueText(one, zone)).join('; ')
  if (value === null || typeof value !== 'object') return String(value)
  if (isMoment(value)) return momentText(value, value.zone ?? zone)
  if (isBounds(value)) return untilText(value, zone)
  if (isQuantity(value)) return quantityText(value as Record<string, unknown>)
  const { name, ...rest } = value as Named & Record<string, unknown>
  const { id: _id, ...more } = rest
  const others = Object.entries(name === undefined ? rest : more)
    .filter(([field, one]) => !isEmpty(one) && field !== 'eventId')
    .map(([field, one]) => `${field} ${valueText(one, zone)}`)
    .join(', ')
  if (typeof name !== 'string') return others
  return others === '' ? plain(name) : `${plain(name)} (${others})`
}

const isListOfObjects = (value: unknown): value is object[] =>
  Array.isArray(value) && value.some((one) => one !== null && typeof one === 'object')

/** The fields of a state that are known, one below the other; status and title apart. */
export const stateLines = (state: State, zone: string, room: number): string[] => {
  const fields = Object.entries(state).filter(
    ([name, value]) => !/^(status|title)$/.test(name) && !isEmpty(value),
  )
  const margin = Math.max(0, ...fields.map(([name]) => name.length)) + 2
  return fields.flatMap(([name, value]) =>
    (isListOfObjects(value) ? value : [value])
      .flatMap((one) => wrapped(valueText(one, zone), room - margin))
      .map((line, index) => (index === 0 ? name : '').padEnd(margin) + line),
  )
}
