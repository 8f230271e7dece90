/** In the address, where an id stands: one that is not there yet. No id has such a sign. */
export const NEW = '~new'

/** An id made of a name: lower case, digits and dashes, as every id here is. */
export function idOf(name: string): string {
  return name
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 64)
}
