/** The colours that the canvas needs, read from the house style once per draw of the page. */
export type Palette = {
  road: string
  roadCasing: string
  name: string
  nameHalo: string
  /** by grade; 0 is not measured */
  grades: readonly [string, string, string, string, string]
  gradeCasing: string
  flag: string
  ink: string
  select: string
  face: string
}

export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement)
  const role = (name: string) => resolve(style.getPropertyValue(`--schouw-${name}`).trim())
  return {
    road: role('road'),
    roadCasing: role('road-casing'),
    name: role('road-name'),
    nameHalo: role('ground'),
    grades: [
      role('road'),
      role('condition-1'),
      role('condition-2'),
      role('condition-3'),
      role('condition-4'),
    ],
    gradeCasing: role('condition-casing'),
    flag: role('flag'),
    ink: role('ink'),
    select: role('select'),
    face: style.getPropertyValue('--schouw-face').trim() || 'sans-serif',
  }
}

/** Custom properties may be expressions (`color-mix`); a canvas wants the result. */
function resolve(value: string): string {
  const probe = document.createElement('span')
  probe.style.color = value
  document.body.append(probe)
  const color = getComputedStyle(probe).color
  probe.remove()
  return color
}
