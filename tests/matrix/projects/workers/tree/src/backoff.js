/** Milliseconds to wait before each retry. */
export function backoff (retries, first = 100) {
  return Array.from({ length: retries }, (_, turn) => first * 2 ** turn)
}
