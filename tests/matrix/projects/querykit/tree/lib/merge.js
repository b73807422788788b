'use strict'

/** The values of all; the last one that has a name decides, and null removes it. */
function merge (...all) {
  const merged = Object.assign({}, ...all)
  for (const name of Object.keys(merged)) {
    if (merged[name] === null) delete merged[name]
  }
  return merged
}

module.exports = { merge }
