'use strict'

const test = require('node:test')
const assert = require('node:assert')
const { stringify } = require('..')

test('values', () => {
  assert.strictEqual(stringify({ a: 1, b: 'x y' }), 'a=1&b=x+y')
})

test('lists', () => {
  assert.strictEqual(stringify({ tag: ['a', 'b'] }), 'tag=a&tag=b')
})

test('undefined is left out', () => {
  assert.strictEqual(stringify({ a: undefined, b: 2 }), 'b=2')
})

test('nothing gives nothing', () => {
  assert.strictEqual(stringify({}), '')
})
