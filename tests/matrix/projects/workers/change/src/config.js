import { clamp } from './numbers.js'

const DEFAULTS = { limit: 100, retries: 3 }

/** What the surroundings ask for, within what is possible. */
export function readConfig () {
  return {
    limit: clamp(fromEnvironment('limit'), 0, 1000),
    retries: clamp(fromEnvironment('retries'), 0, 10)
  }
}

function fromEnvironment (name) {
  return Number(process.env[`WORKERS_${name.toUpperCase()}`]) || DEFAULTS[name]
}
