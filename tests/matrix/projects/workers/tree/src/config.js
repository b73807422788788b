import { clamp } from './numbers.js'

const DEFAULTS = { limit: 100, retries: 3 }

/** What the surroundings ask for, within what is possible. */
export function readConfig () {
  const { WORKERS_LIMIT, WORKERS_RETRIES } = process.env
  return {
    limit: clamp(Number(WORKERS_LIMIT ?? DEFAULTS.limit), 0, 1000),
    retries: clamp(Number(WORKERS_RETRIES ?? DEFAULTS.retries), 0, 10)
  }
}
