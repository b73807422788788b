'use strict'

const { unescape } = require('./escape')

/** `a=1&b=2` as an object. */
function parse (query) {
  const found = {}
  for (const part of query.replace(/^\?/, '').split('&')) {
    if (part === '') continue
    const at = part.indexOf('=')
    const name = at < 0 ? part : part.slice(0, at)
    found[unescape(name)] = at < 0 ? '' : unescape(part.slice(at + 1))
  }
  return found
}

module.exports = { parse }
