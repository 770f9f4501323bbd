import type { Random } from './random.ts'

/** A source as desks note it: who, where, when, in what words, and sometimes by whom it came. */
export const sourceOf = (random: Random, publishedAt: string, number: number): object => {
  const [publisher, medium, site] = random.pick(publishers)
  return {
    publisher,
    medium,
    ...(random.chance(0.3) && { speaker: random.pick(speakers) }),
    url: `https://${site}/${publishedAt.replaceAll('-', '/')}/noticia-${number}`,
    publishedAt,
    language: 'es',
    quote: `${random.pick(quotes)} (${number})`,
    ...(random.chance(0.1) && { via: [{ publisher: 'Andina', url: `https://andina.pe/${number}` }] }),
    ...(random.chance(0.2) && {
      reliability: random.pick(['A', 'B', 'C']),
      credibility: random.pick(['1', '2']),
    }),
  }
}

const publishers = [
  ['Ministerio de Gobierno', 'official_statement', 'www.ministeriodegobierno.gob.ec'],
  ['Registro Oficial', 'official_gazette', 'www.registroficial.gob.ec'],
  ['Ministerio del Interior del Perú', 'social_post', 'x.com/MininterPeru/status'],
  ['El Comercio', 'press', 'www.elcomercio.com'],
  ['Primicias', 'press', 'www.primicias.ec'],
  ['Radio Programas del Perú', 'broadcast', 'rpp.pe'],
  ['SNAI', 'official_statement', 'www.atencionintegral.gob.ec'],
] as const

const speakers = [
  { name: 'Daniel Noboa', id: 'daniel-noboa' },
  { name: 'Víctor Torres Falcón', id: 'victor-torres-falcon' },
  { name: 'General Pablo Velasco' },
  'Roberto Izurieta',
]

const quotes = [
  'Las fuerzas del orden mantienen el control del centro y continúan los operativos en los pabellones',
  'Se dispone el traslado inmediato del personal a la zona de frontera con el fin de reforzar la seguridad',
  'El estado de excepción rige en todo el territorio nacional durante sesenta días',
  'Hasta el momento no se ha establecido el paradero de la persona privada de la libertad',
  'El Consejo evaluará las medidas y comunicará sus decisiones por los canales oficiales',
]

/** A place of a country, as closely known as it mostly is. */
export const placeOf = (random: Random, country: 'EC' | 'PE'): object => random.pick(places[country])

const places: Readonly<Record<'EC' | 'PE', readonly object[]>> = {
  EC: [
    { name: 'Ecuador', country: 'EC', precision: 'country' },
    { name: 'Guayaquil', country: 'EC', subdivision: 'EC-G', precision: 'settlement', point: [-79.9, -2.19] },
    { name: 'Cárcel Regional de Guayaquil', country: 'EC', subdivision: 'EC-G', precision: 'site' },
    { name: 'Cárcel de Turi', country: 'EC', subdivision: 'EC-A', precision: 'site', point: [-79.0, -2.94] },
    { name: 'Esmeraldas', country: 'EC', subdivision: 'EC-E', precision: 'admin1' },
    { name: 'Quito', country: 'EC', subdivision: 'EC-P', precision: 'settlement', point: [-78.51, -0.22] },
    { name: 'Huaquillas', country: 'EC', subdivision: 'EC-O', precision: 'settlement' },
  ],
  PE: [
    { name: 'Frontera norte', country: 'PE', precision: 'border_line' },
    { name: 'Tumbes', country: 'PE', subdivision: 'PE-TUM', precision: 'admin1', point: [-80.45, -3.57] },
    { name: 'Aguas Verdes', country: 'PE', subdivision: 'PE-TUM', precision: 'settlement' },
    { name: 'Piura', country: 'PE', subdivision: 'PE-PIU', precision: 'admin1' },
    { name: 'Lima', country: 'PE', subdivision: 'PE-LMA', precision: 'settlement', point: [-77.03, -12.05] },
  ],
}
