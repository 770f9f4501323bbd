/** An axis: what it shows, and whether each step is a tenfold one. */
export type Axis = { label: string; scale: 'linear' | 'log' }
/** A line by its name, of points from left to right. */
export type Line = { name: string; points: readonly (readonly [x: number, y: number])[] }
export type Panel = { title: string; x: Axis; y: Axis; lines: readonly Line[] }

/** A picture (SVG) of panels below each other, each with its lines named where they end. */
export const plot = (panels: readonly Panel[]): string => {
  const drawn = panels.map(
    (panel, index) => `<g transform="translate(0 ${index * height})">${draw(panel)}</g>`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height * panels.length}" font-family="system-ui, sans-serif" font-size="12" fill="#333">
<rect width="100%" height="100%" fill="#fff"/>
${drawn.join('\n')}
</svg>
`
}

const width = 860
const height = 340
const frame = { left: 70, right: 640, top: 40, bottom: 290 }
const colors = ['#0b6e99', '#c2410c', '#15803d', '#7c3aed', '#b91c1c', '#a16207', '#111827', '#be185d']

const draw = ({ title, x, y, lines }: Panel): string => {
  const points = lines.flatMap((line) => line.points)
  const across = scaleOf(
    x,
    points.map(([value]) => value),
    frame.left,
    frame.right,
  )
  const up = scaleOf(
    y,
    points.map(([, value]) => value),
    frame.bottom,
    frame.top,
  )
  const middle = (frame.left + frame.right) / 2
  const ends = apart(lines.map((line) => up.at(line.points.at(-1)?.[1] ?? 0)))
  return [
    `<text x="${frame.left}" y="22" font-size="15" font-weight="600">${escaped(title)}</text>`,
    ...across.ticks.map((tick) => {
      const at = across.at(tick)
      return `<path d="M${at} ${frame.top}V${frame.bottom}" stroke="#eee"/><text x="${at}" y="${frame.bottom + 18}" text-anchor="middle">${shown(tick)}</text>`
    }),
    ...up.ticks.map((tick) => {
      const at = up.at(tick)
      return `<path d="M${frame.left} ${at}H${frame.right}" stroke="#eee"/><text x="${frame.left - 8}" y="${at + 4}" text-anchor="end">${shown(tick)}</text>`
    }),
    `<text x="${middle}" y="${frame.bottom + 38}" text-anchor="middle">${escaped(x.label)}</text>`,
    `<text transform="translate(16 ${(frame.top + frame.bottom) / 2}) rotate(-90)" text-anchor="middle">${escaped(y.label)}</text>`,
    ...lines.map((line, index) => {
      const color = colors[index % colors.length]!
      const path = line.points
        .map(([a, b], at) => `${at === 0 ? 'M' : 'L'}${across.at(a)} ${up.at(b)}`)
        .join('')
      return `<path d="${path}" fill="none" stroke="${color}" stroke-width="2" stroke-linejoin="round"/><text x="${frame.right + 10}" y="${ends[index]! + 4}" fill="${color}">${escaped(line.name)}</text>`
    }),
  ].join('\n')
}

type Scale = { at(value: number): number; ticks: number[] }

const scaleOf = ({ scale }: Axis, values: readonly number[], start: number, end: number): Scale => {
  const [least, most] = [Math.min(...values), Math.max(...values)]
  const [ticks, place] = scale === 'log' ? tenfold(least, most) : even(most)
  const [first, last] = [place(ticks[0]!), place(ticks.at(-1)!)]
  return {
    ticks,
    at: (value) => Number((start + ((place(value) - first) / (last - first)) * (end - start)).toFixed(1)),
  }
}

type Ticks = [ticks: number[], place: (value: number) => number]

const tenfold = (least: number, most: number): Ticks => {
  const first = Math.floor(Math.log10(least))
  const last = Math.max(first + 1, Math.ceil(Math.log10(most)))
  return [Array.from({ length: last - first + 1 }, (_, step) => 10 ** (first + step)), Math.log10]
}

/** From zero, in four to ten steps of 1, 2 or 5. */
const even = (most: number): Ticks => {
  const rough = (most || 1) / 5
  const ten = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((times) => times * ten).find((size) => size >= rough)!
  return [
    Array.from({ length: Math.ceil((most || 1) / step) + 1 }, (_, index) => index * step),
    (value) => value,
  ]
}

/** The heights of names, moved so that none covers another. */
const apart = (heights: readonly number[]): number[] => {
  const moved = [...heights]
  const order = heights.map((_, index) => index).toSorted((a, b) => heights[a]! - heights[b]!)
  for (const [place, index] of order.entries()) {
    const above = order[place - 1]
    if (above !== undefined) moved[index] = Math.max(moved[index]!, moved[above]! + 15)
  }
  return moved
}

const shown = (value: number): string => Number(value.toPrecision(6)).toLocaleString('en')

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
