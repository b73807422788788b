'use strict'

const test = require('node:test')
const assert = require('node:assert')
const { Query, merge } = require('..')

test('merging', () => {
  assert.deepStrictEqual(merge({ a: 1 }, { b: 2 }, { a: 3 }), { a: 3, b: 2 })
})

test('null removes', () => {
  assert.deepStrictEqual(merge({ a: 1, b: 2 }, { a: null }), { b: 2 })
})

test('a query is not changed', () => {
  const query = new Query('page=1')
  assert.strictEqual(String(query.with({ page: 2 })), 'page=2')
  assert.strictEqual(String(query), 'page=1')
})

test('there and back', () => {
  assert.strictEqual(String(new Query('next=/list?page=2&sort=name')), 'next=%2Flist%3Fpage%3D2&sort=name')
})
