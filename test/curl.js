// Stands in for curl where the machine has none, as far as the documents use it: curl -s URL [-H header]… [-d body|@file].
import { readFileSync } from 'node:fs'

const headers = {}
let url, body
const words = process.argv.slice(2)
while (words.length > 0) {
  const word = words.shift()
  if (word === '-H') {
    const [, name, value] = /^([^:]+):\s*(.*)$/.exec(words.shift())
    headers[name] = value
  } else if (word === '-d') {
    const data = words.shift()
    body = data.startsWith('@') ? readFileSync(data.slice(1), 'utf8').replaceAll('\n', '') : data
  } else if (word === '-s') continue
  else if (word.startsWith('-')) throw new Error(`${word} is not among the options that stand in for curl.`)
  else url = word
}
const answer = await fetch(url, body === undefined ? { headers } : { method: 'POST', headers, body })
process.stdout.write(await answer.text())
