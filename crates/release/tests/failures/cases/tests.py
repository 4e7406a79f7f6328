"""Tests that fail, and test runners that do not get so far."""

CASES = [
    dict(id="jest-failed", run="jest", files={
        "package.json": {"name": "shop"},
        "shop.test.js": "describe('cart', () => {\n  test('adds up', () => {\n    expect(1 + 1).toBe(3)\n  })\n})\n"}),
    dict(id="jest-timeout", run="jest --testTimeout=200", files={
        "package.json": {"name": "shop"}, "shop.test.js": "test('answers', () => new Promise(() => {}))\n"}),
    dict(id="jest-no-tests", run="jest", files={"package.json": {"name": "shop"}, "shop.js": "\n"}),
    dict(id="jest-snapshot", run="jest --ci", setup="jest --ci=false && sed -i s/one/two/ shop.test.js", files={
        "package.json": {"name": "shop"}, "shop.test.js": "test('page', () => {\n  expect('one').toMatchSnapshot()\n})\n"}),
    dict(id="jest-coverage", run="jest --coverage", files={
        "package.json": {"name": "shop", "jest": {"coverageThreshold": {"global": {"lines": 90}}}},
        "shop.js": "exports.a = x => {\n  if (x) {\n    return 1\n  }\n  return 2\n}\nexports.b = () => {\n  const y = 1\n  return y\n}\n",
        "shop.test.js": "const shop = require('./shop')\ntest('a', () => expect(shop.a(1)).toBe(1))\n"}),
    dict(id="jest-parse", run="jest", files={
        "package.json": {"name": "shop", "jest": {"transform": {}}}, "shop.test.js": "import { total } from './shop'\ntest('a', () => {})\n"}),
    dict(id="vitest-failed", modules=True, run="vitest run", files={
        "shop.test.js": "import { expect, test } from 'vitest'\ntest('adds up', () => {\n  expect(1 + 1).toBe(3)\n})\n"}),
    dict(id="vitest-no-tests", modules=True, run="vitest run", files={"shop.js": "\n"}),
    dict(id="vitest-timeout", modules=True, run="vitest run --testTimeout=200", files={
        "shop.test.js": "import { test } from 'vitest'\ntest('answers', () => new Promise(() => {}))\n"}),
    dict(id="mocha-failed", run="mocha", files={
        "test/shop.js": "const assert = require('assert')\ndescribe('cart', () => {\n  it('adds up', () => {\n"
                        "    assert.equal(1 + 1, 3)\n  })\n})\n"}),
    dict(id="mocha-timeout", run="mocha --timeout 200", files={
        "test/shop.js": "describe('cart', () => {\n  it('answers', done => { setTimeout(done, 5000) })\n})\n"}),
    dict(id="mocha-no-tests", run="mocha", files={"shop.js": "\n"}),
    dict(id="node-test-failed", run="node --test", files={
        "shop.test.js": "const test = require('node:test')\nconst assert = require('assert')\n"
                        "test('adds up', () => assert.equal(1 + 1, 3))\n"}),
    dict(id="pytest-failed", run="pytest -p no:cacheprovider", files={
        "test_shop.py": "def test_adds_up():\n    assert 1 + 1 == 3\n"}),
    dict(id="pytest-collection", run="pytest -p no:cacheprovider", files={
        "test_shop.py": "from shop import Cart\n\ndef test_cart():\n    Cart()\n"}),
    dict(id="pytest-fixture-missing", run="pytest -p no:cacheprovider", files={
        "test_shop.py": "def test_saves(database):\n    database.save()\n"}),
    dict(id="pytest-no-tests", run="pytest -p no:cacheprovider", files={"shop.py": "\n"}),
    dict(id="pytest-timeout", run="pytest -p no:cacheprovider --timeout 1", files={
        "test_shop.py": "import time\n\ndef test_answers():\n    time.sleep(30)\n"}),
    dict(id="pytest-coverage", run="pytest -p no:cacheprovider --cov=shop --cov-fail-under=90", files={
        "shop.py": "def a(x):\n    if x:\n        return 1\n    return 2\n\n\ndef b():\n    y = 1\n    return y\n",
        "test_shop.py": "import shop\n\ndef test_a():\n    assert shop.a(1) == 1\n"}),
    dict(id="unittest-failed", run="python3 -m unittest", files={
        "test_shop.py": "import unittest\n\n\nclass Cart(unittest.TestCase):\n    def test_adds_up(self):\n"
                        "        self.assertEqual(1 + 1, 3)\n"}),
]
