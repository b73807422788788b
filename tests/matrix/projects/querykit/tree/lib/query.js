'use strict'

const { parse } = require('./parse')
const { stringify } = require('./stringify')
const { merge } = require('./merge')

/** A query that can be changed step by step; each step is a new one. */
class Query {
  constructor (text = '') {
    this.values = parse(text)
  }

  with (values) {
    const next = new Query()
    next.values = merge(this.values, values)
    return next
  }

  toString () {
    return stringify(this.values)
  }
}

module.exports = { Query }
