/** The number, not below `low` and not above `high`. */
export function clamp (number, low, high) {
  if (Number.isNaN(number)) throw new RangeError('not a number')
  return Math.min(Math.max(number, low), high)
}
