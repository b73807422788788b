export { readConfig } from './config.js'
export { Pool } from './pool.js'
export { backoff } from './backoff.js'
