import { html } from 'hono/html'
import { allKinds } from '../vocabulary/index.ts'

/** The front page: what this is, and where to go; how far the ledger is where a position is given. Plain HTML without script or style. */
export const home = (position: number | null, questions: readonly string[]) =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Crisis Ledger</title>
      </head>
      <body>
        <h1>Crisis Ledger</h1>
        <p>
          A record-keeper for crises. Every statement and measure is kept as an immutable, sourced event, and
          every question takes two moments: <code>asOf</code>, what held in the world, and
          <code>knownAt</code>, as far as the ledger knew.
        </p>
        <p>${newest(position)}</p>
        <h2>Questions</h2>
        <ul>
          <li><a href="/v1/picture">The whole picture</a></li>
          ${questions.map((name) => html`<li><a href="/v1/projections/${name}">${name.replaceAll('-', ' ')}</a></li>`)}
        </ul>
        <h2>By kind</h2>
        <ul>
          ${allKinds.map(({ plural, about }) => html`<li><a href="/v1/${plural}?status=any">${plural}</a>: ${about}</li>`)}
        </ul>
        <h2>More</h2>
        <ul>
          <li><a href="/v1/events">All events</a></li>
          <li>
            <a href="/docs">How to record and to ask</a>, and the same
            <a href="/openapi.json">for programs</a>
          </li>
        </ul>
      </body>
    </html>`

const newest = (position: number | null): string => {
  if (position === null) return 'What is recorded is told to whoever has an access key.'
  return position === 0 ? 'Nothing is recorded yet.' : `The newest event is at position ${position}.`
}
