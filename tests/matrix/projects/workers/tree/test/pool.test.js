import { afterEach, describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { Pool, backoff } from '../src/index.js'

describe('pool', () => {
  afterEach(() => {
    delete process.env.WORKERS_LIMIT
  })

  it('runs jobs in order', async () => {
    const pool = new Pool().add(async () => 1).add(() => 2)
    assert.deepEqual(await pool.run(), [1, 2])
    assert.equal(pool.size, 0)
  })

  it('has a limit', () => {
    const pool = new Pool({ limit: 1 }).add(() => 1)
    assert.throws(() => pool.add(() => 2), /full/)
  })

  it('may be closed altogether', () => {
    process.env.WORKERS_LIMIT = '0'
    assert.throws(() => new Pool().add(() => 1), /full/)
  })
})

describe('backoff', () => {
  it('doubles', () => {
    assert.deepEqual(backoff(3), [100, 200, 400])
  })

  it('may be none', () => {
    assert.deepEqual(backoff(0), [])
  })
})
