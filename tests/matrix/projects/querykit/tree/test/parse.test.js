'use strict'

const test = require('node:test')
const assert = require('node:assert')
const { parse } = require('..')

test('nothing', () => {
  assert.deepStrictEqual(parse(''), {})
  assert.deepStrictEqual(parse('?'), {})
})

test('two values', () => {
  assert.deepStrictEqual(parse('?a=1&b=2'), { a: '1', b: '2' })
})

test('a name alone', () => {
  assert.deepStrictEqual(parse('debug&x='), { debug: '', x: '' })
})

test('escaped', () => {
  assert.deepStrictEqual(parse('q=a+b%26c'), { q: 'a b&c' })
})

test('not well-formed', () => {
  assert.deepStrictEqual(parse('q=100%'), { q: '100%' })
})

test('a value with an equals sign', () => {
  assert.deepStrictEqual(parse('filter=size=large'), { filter: 'size=large' })
})

test('padding of base64', () => {
  assert.strictEqual(parse('token=YWJjZA==').token, 'YWJjZA==')
})
