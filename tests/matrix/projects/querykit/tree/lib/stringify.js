'use strict'

const { escape } = require('./escape')

/** An object as `a=1&b=2`; what is undefined is left out. */
function stringify (values) {
  return Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .flatMap(([name, value]) => [].concat(value).map((each) => `${escape(name)}=${escape(each)}`))
    .join('&')
}

module.exports = { stringify }
