import { readConfig } from './config.js'

/** Takes jobs up to a limit. */
export class Pool {
  #jobs = []

  constructor (config = readConfig()) {
    this.config = config
  }

  get size () {
    return this.#jobs.length
  }

  add (job) {
    if (this.size >= this.config.limit) throw new Error('the pool is full')
    this.#jobs.push(job)
    return this
  }

  async run () {
    const results = []
    for (const job of this.#jobs.splice(0)) results.push(await job())
    return results
  }
}
