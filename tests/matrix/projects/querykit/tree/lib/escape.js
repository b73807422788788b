'use strict'

/** Percent-encoding with `+` for a space. */
function escape (text) {
  return encodeURIComponent(text).replace(/%20/g, '+')
}

/** The other way round; text that is not well-formed stays as it is. */
function unescape (text) {
  const spaced = text.replace(/\+/g, ' ')
  try {
    return decodeURIComponent(spaced)
  } catch (error) {
    if (error instanceof URIError) return spaced
    throw error
  }
}

module.exports = { escape, unescape }
