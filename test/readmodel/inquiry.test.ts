import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { State } from '../../projections/projection.ts'
import { speaksOf, textsOf, wordsOf } from '../../src/answer/words.ts'
import { createInquiry } from '../../src/readmodel/inquiry.ts'
import { createLexicon } from '../../src/readmodel/lexicon.ts'
import { createSpeech } from '../../src/readmodel/speech.ts'
import { createVocables } from '../../src/readmodel/vocables.ts'
import { createWordings } from '../../src/readmodel/wordings.ts'
import { wordsSaid } from './said.ts'

const long = Array.from({ length: 40 }, (_, number) => `w${number}`).join(' ')
const name = fc.constantFrom('Łódź', 'Straße 12', 'José, one', 'ones', '', `Much: ${long}`)
const item = fc.record({ name, at: fc.nat(3) })
const fields: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  status: fc.constantFrom('one', 'ended'),
  title: name,
  text: fc.option(name),
  aliases: fc.array(name, { maxLength: 2 }),
  legalBasis: fc.constantFrom(null, { type: 'decree' }, { type: 'decree', number: '110-A' }),
  places: fc.array(item, { maxLength: 3 }),
  person: fc.option(item),
  end: fc.constantFrom(null, '2024-01-08', { from: 'one' }),
}
const change = fc
  .constantFrom(...Object.keys(fields))
  .chain((field) => fc.tuple(fc.constant(field), fields[field]!))
/** What is told of an entity, and whether it came to hand again before. */
const step = fc.record({ entity: fc.nat(2), changes: fc.array(change), isNew: fc.boolean() })
const asked = fc.array(
  fc.constantFrom('lodz', 'strasse', 'jose', 'o', 'on', 'ones', 'w3', 'w39', '110', 'x', '1'),
  {
    maxLength: 3,
  },
)

const createTables = () => ({
  lexicon: createLexicon(),
  vocables: createVocables(),
  wordings: createWordings(),
})

/** What is kept of tables, as others that are made from it have it. */
const restored = ({ lexicon, vocables, wordings }: ReturnType<typeof createTables>) => {
  const tables = createTables()
  tables.lexicon.texts.word.push(...lexicon.texts.word)
  for (const name of ['word', 'entity'] as const)
    tables.vocables.columns[name].put(0, vocables.columns[name].bytes(0))
  tables.wordings.columns.long.put(0, wordings.columns.long.bytes(0))
  tables.lexicon.restore()
  tables.vocables.restore()
  return tables
}

test('a wording says what the state says, whatever was told before, and also of what was put away', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 15 }), asked, fc.boolean(), (steps, prefixes, isKept) => {
      const tables = createTables()
      const known = [{}, {}, {}] as unknown as State[]
      const speeches = known.map((_, entity) => createSpeech(tables, entity))
      const told = steps.map(({ entity, changes, isNew }) => {
        const state = { ...known[entity], ...Object.fromEntries(changes) } as State
        known[entity] = state
        if (isNew) speeches[entity] = createSpeech(tables, entity)
        return { entity, state, wording: speeches[entity]!.wordingOf(state) }
      })
      const kept = isKept ? restored(tables) : tables
      const inquiry = createInquiry(kept, prefixes)
      for (const { entity, state, wording } of told) {
        expect(wordsSaid(kept, entity, wording)).toStrictEqual(
          [...new Set(textsOf(state).flatMap(wordsOf))].toSorted(),
        )
        const says = speaksOf(state, prefixes)
        expect(inquiry.isSaid(entity, wording)).toBe(says)
        if (says && inquiry.entities) expect(inquiry.entities).toContain(entity)
      }
    }),
    { numRuns: 500 },
  )
})

test('of what thousands say each is looked at, and of what few say these are', () => {
  const tables = createTables()
  for (let entity = 0; entity < 4001; entity++)
    createSpeech(tables, entity).wordingOf({
      title: `frequent ${entity % 2 === 0 ? 'half' : 'rest'}`,
    } as State)
  const entitiesOf = (...words: string[]) => createInquiry(tables, words).entities?.size
  expect(entitiesOf('frequent')).toBeUndefined()
  expect(entitiesOf('half')).toBe(2001)
  expect(entitiesOf('frequent', 'rest')).toBe(2000)
  expect(entitiesOf('h', 'half')).toBe(2001)
  expect(entitiesOf('nobody', 'half')).toBe(0)
  expect(entitiesOf()).toBeUndefined()
})
