import type { Random } from '../../random.ts'

/** Themes of neighbourhoods, as Dutch towns name them. */
const THEMES = {
  trees: [
    'Linden',
    'Eiken',
    'Beuken',
    'Kastanje',
    'Esdoorn',
    'Populieren',
    'Wilgen',
    'Iepen',
    'Elzen',
    'Berken',
    'Platanen',
    'Acacia',
    'Lijsterbes',
    'Meidoorn',
    'Hazelaar',
    'Vlier',
  ],
  flowers: [
    'Tulpen',
    'Rozen',
    'Anjer',
    'Dahlia',
    'Lelie',
    'Narcissen',
    'Margriet',
    'Korenbloem',
    'Klaproos',
    'Irissen',
    'Seringen',
    'Viooltjes',
    'Zonnebloem',
    'Begonia',
    'Asters',
    'Krokussen',
  ],
  birds: [
    'Merel',
    'Zwaluw',
    'Reiger',
    'Kievit',
    'Leeuwerik',
    'Ooievaar',
    'Fuut',
    'Lepelaar',
    'Specht',
    'Uilen',
    'Ganzen',
    'Roerdomp',
    'Grutto',
    'Wulpen',
    'Sperwer',
    'Havik',
    'Meerkoet',
    'Karekiet',
  ],
  water: [
    'Sluis',
    'Veer',
    'Dijk',
    'Kolk',
    'Wiel',
    'Baken',
    'Anker',
    'Boei',
    'Schipper',
    'Zeil',
    'Roer',
    'Kiel',
    'Mast',
    'Touwslager',
    'Visser',
    'Ree',
  ],
  work: [
    'Nijverheids',
    'Ambachts',
    'Handels',
    'Energie',
    'Transport',
    'Lasser',
    'Draaier',
    'Gieterij',
    'Turbine',
    'Ketel',
    'Wagenmaker',
    'Koperslager',
  ],
  stars: [
    'Poolster',
    'Zonne',
    'Maan',
    'Saturnus',
    'Jupiter',
    'Orion',
    'Pegasus',
    'Venus',
    'Komeet',
    'Lier',
    'Zwaan',
    'Grote Beer',
  ],
  crafts: [
    'Wever',
    'Bakker',
    'Smeden',
    'Kuiper',
    'Molenaar',
    'Spinner',
    'Zadelmaker',
    'Mandenmaker',
    'Verver',
    'Kaarsenmaker',
  ],
  meadow: [
    'Klaver',
    'Gras',
    'Hooi',
    'Weide',
    'Rogge',
    'Gerst',
    'Tarwe',
    'Haver',
    'Boekweit',
    'Koolzaad',
    'Vlas',
    'Spelt',
  ],
} as const
export type Theme = keyof typeof THEMES

const SUFFIXES: Record<Theme, readonly string[]> = {
  trees: ['laan', 'laan', 'straat'],
  flowers: ['straat', 'straat', 'laan'],
  birds: ['hof', 'straat', 'weide'],
  water: ['straat', 'kade', 'straat'],
  work: ['weg', 'weg', 'straat'],
  stars: ['straat', 'laan', 'hof'],
  crafts: ['straat', 'straat', 'pad'],
  meadow: ['veld', 'akker', 'laan'],
}

/** Names of the old centre and its edge. */
export const CENTRE_NAMES = [
  'Kerkstraat',
  'Achterstraat',
  'Korte Nieuwstraat',
  'Vismarkt',
  'Boterstraat',
  'Kloosterstraat',
  'Weeshuisstraat',
  'Torenstraat',
  'Waterpoortstraat',
  'Hofstraat',
  'Bakkerstraat',
  'Zoutstraat',
  'Wagestraat',
  'Muurstraat',
  'Kapelstraat',
  'Gasthuisstraat',
  'Schoolsteeg',
  'Kuipersteeg',
  'Oude Gracht',
  'Ridderstraat',
]

export type NameGiver = { next(theme: Theme, suffix?: string): string }

/** Names that are given once: first every stem with a fitting ending, then again with another one. */
export function createNameGiver(random: Random): NameGiver {
  const used = new Set<string>()
  const stems = new Map<Theme, string[]>()
  return {
    next(theme, suffix) {
      for (let tries = 0; tries < 200; tries++) {
        let left = stems.get(theme)
        if (!left || left.length === 0) {
          left = random.shuffled(THEMES[theme])
          stems.set(theme, left)
        }
        const stem = left.pop() as string
        const name = `${stem}${suffix ?? random.pick(SUFFIXES[theme])}`
        if (used.has(name)) continue
        used.add(name)
        return name
      }
      const name = `${theme} ${used.size}`
      used.add(name)
      return name
    },
  }
}
