import { afterEach, describe, it } from 'node:test'
import { deepEqual, equal, throws } from 'node:assert/strict'
import { readConfig } from '../src/index.js'

describe('config', () => {
  afterEach(() => {
    delete process.env.WORKERS_LIMIT
    delete process.env.WORKERS_RETRIES
  })

  it('has defaults', () => {
    deepEqual(readConfig(), { limit: 100, retries: 3 })
  })

  it('reads numbers', () => {
    process.env.WORKERS_LIMIT = '7'
    equal(readConfig().limit, 7)
  })

  it('keeps within bounds', () => {
    process.env.WORKERS_RETRIES = '99'
    equal(readConfig().retries, 10)
  })

  it('refuses words', () => {
    process.env.WORKERS_LIMIT = 'many'
    throws(() => readConfig(), RangeError)
  })

  it('takes zero for zero', () => {
    process.env.WORKERS_RETRIES = '0'
    equal(readConfig().retries, 0)
  })
})
