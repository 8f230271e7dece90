/** Line icons on a 20 × 20 grid, drawn for Schouw: one weight, no meaning of their own (a word stands beside them). */
const PATHS = {
  map: 'M3 5.5 7.5 3.5l5 2 4.5-2v11l-4.5 2-5-2-4.5 2zM7.5 3.5v11M12.5 5.5v11',
  cases: 'M3 6.5h14v10H3zM7 6.5v-3h6v3M3 11h14',
  devices: 'M10 11v6M6.5 13.5a5 5 0 1 1 7 0M4 16a8.5 8.5 0 1 1 12 0M10 9.8v.4',
  people:
    'M7.5 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM2 17c0-3 2.5-5 5.5-5s5.5 2 5.5 5M13 4a3 3 0 0 1 0 5.5M15 12.3c1.8.8 3 2.5 3 4.7',
  search: 'M9 15A6 6 0 1 0 9 3a6 6 0 0 0 0 12ZM13.5 13.5 17.5 17.5',
  close: 'M4.5 4.5l11 11M15.5 4.5l-11 11',
  back: 'M12.5 4 6.5 10l6 6',
  next: 'M7.5 4l6 6-6 6',
  up: 'M4 12.5l6-6 6 6',
  down: 'M4 7.5l6 6 6-6',
  plus: 'M10 4v12M4 10h12',
  minus: 'M4 10h12',
  layers: 'M10 3 2.5 7 10 11l7.5-4zM2.5 10.5 10 14.5l7.5-4M2.5 13.7 10 17.7l7.5-4',
  help: 'M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15ZM7.8 8a2.2 2.2 0 1 1 3.3 1.9c-.8.5-1.1.9-1.1 1.8M10 14.2v.2',
  person: 'M10 10a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM3.5 17.5c0-3.6 2.9-5.5 6.5-5.5s6.5 1.9 6.5 5.5',
  pin: 'M10 18s5.5-5.2 5.5-9.5a5.5 5.5 0 0 0-11 0C4.5 12.8 10 18 10 18ZM10 10.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z',
  list: 'M3 5h14M3 10h14M3 15h14',
  whole: 'M3 7V3h4M13 3h4v4M17 13v4h-4M7 17H3v-4',
  download: 'M10 3v10M6 9.5l4 4 4-4M3.5 17h13',
  check: 'M4 10.5l4 4 8-9',
  copy: 'M7 7h9.5v10H7zM4 13V3h9',
  filter: 'M3 4.5h14l-5.5 6.5v5l-3-1.5V11z',
} as const

export type IconName = keyof typeof PATHS

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg
      className="icon"
      width={size}
      height={size}
      viewBox="0 0 20 20"
      aria-hidden="true"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={PATHS[name]} />
    </svg>
  )
}
