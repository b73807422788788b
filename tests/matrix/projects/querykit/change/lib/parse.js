'use strict'

const { unescape } = require('./escape')

/** `a=1&b=2` as an object; a name that comes several times has a list. */
function parse (query) {
  const found = {}
  for (const part of query.replace(/^\?/, '').split('&')) {
    if (part === '') continue
    const [name, value = ''] = part.split('=').map(unescape)
    found[name] = name in found ? [].concat(found[name], value) : value
  }
  return found
}

module.exports = { parse }
