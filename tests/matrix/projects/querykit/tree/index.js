'use strict'

const { parse } = require('./lib/parse')
const { stringify } = require('./lib/stringify')
const { merge } = require('./lib/merge')
const { Query } = require('./lib/query')

module.exports = { parse, stringify, merge, Query }
