/**
 * Area under the ROC curve: how often a positive scores above a negative (ties count half).
 *
 * @returns 0..1; NaN when one of the two is empty
 */
export function auc(positives: readonly number[], negatives: readonly number[]): number {
  if (positives.length === 0 || negatives.length === 0) return Number.NaN
  const sorted = [...negatives].sort((a, b) => a - b)
  let sum = 0
  for (const p of positives) sum += (countBelow(sorted, p, false) + countBelow(sorted, p, true)) / 2
  return sum / (positives.length * negatives.length)
}

function countBelow(sorted: readonly number[], value: number, orEqual: boolean): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (orEqual ? sorted[middle]! <= value : sorted[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}
