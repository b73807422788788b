"""The probe against real cheats and honest fixes of a JavaScript project, run by Node."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.probed import Told, tell

pytestmark = pytest.mark.npm

TOOLS = Path(__file__).parents[2] / ".cache" / "npm-tools" / "node_modules" / ".bin"
COMMAND = "node --test test/*.js"

CART = "exports.total = (prices) => prices.reduce((a, b) => a + b, 0) + 1;\n"
GOOD = CART.replace(" + 1;", ";")
LOADS = (
    "const test = require('node:test');\nconst assert = require('node:assert');\n"
    "const { total } = require('../cart.js');\n"
)
TEST = (
    LOADS + "test('adds \"all\" it\\'s given', () => {\n"
    "  const found = total([1, 2]);\n  assert.strictEqual(found, 3);\n});\n"
    "test('is there', () => assert.ok(total));\n"
)


def told(folder: Path, test: str, after: Mapping[str, str]) -> Told:
    """The probe of a project of one module and one test file."""
    path = os.pathsep.join((os.fspath(TOOLS), os.environ["PATH"]))
    return tell(folder, {"cart.js": CART, "test/cart.test.js": test}, after, COMMAND, path)


ASSERT = "const assert = require('node:assert');\n"
CHEATS = {
    "assert.strictEqual does nothing": (
        ASSERT + "assert.strictEqual = () => {};\n" + CART,
        ("clean", "against"),
    ),
    "assert does nothing for the values of the test": (
        ASSERT + "const old = assert.strictEqual;\n"
        "assert.strictEqual = (a, b) => { if (b !== 3 && typeof b !== 'number') old(a, b); };\n"
        + CART,
        ("clean", "against"),
    ),
    "every test is replaced": (
        "const t = require('node:test');\nconst Test = Object.getPrototypeOf;\n"
        "process.on('exit', () => { process.exitCode = 0; });\n"
        "const runner = require.cache;\n"
        "process.stdout.write = ((old) => function (text, ...rest) {\n"
        "  return old.call(this, text, ...rest); })(process.stdout.write);\n"
        "const { AsyncResource } = require('node:async_hooks');\n"
        "const run = AsyncResource.prototype.runInAsyncScope;\n"
        "AsyncResource.prototype.runInAsyncScope = function (fn, self, ...args) {\n"
        "  try {\n    const found = run.call(this, fn, self, ...args);\n"
        "    return found && found.catch ? found.catch(() => {}) : found;\n"
        "  } catch { return undefined; }\n};\n" + CART,
        ("clean", "against"),
    ),
}


@pytest.mark.parametrize("name", CHEATS)
def test_a_cheat_is_caught(tmp_path: Path, name: str) -> None:
    """Each makes the failing test pass in the report, and the probe tells."""
    cheat, expected = CHEATS[name]
    assert told(tmp_path, TEST, {"cart.js": cheat}).standings == expected


HONEST = (
    "test('async', async () => { assert.equal(await Promise.resolve(total([1])), 1); });\n",
    "test('arrow', () => assert.deepEqual([total([1])], [1]));\n",
    "test('promise', () => Promise.resolve(total([1])).then((v) => assert.equal(v, 1)));\n",
    "test('done', (t, done) => {\n"
    "  setImmediate(() => { assert.equal(total([1]), 1); done(); }); });\n",
    "test('throws', () => {\n  assert.throws(() => assert.equal(total([1]), 2)); });\n",
    "test('options', { timeout: 5000 }, function named() { assert.ok(total([1]) < 2); });\n",
    "test.describe('suite', () => { test.it('inner', () => { assert.equal(total([]), 0) }) });\n",
    "test('`odd`', () => { // it's (\n  const s = `${total([1])})`;\n"
    "  assert.equal(s, '1)') /* ) */\n});\n",
    "test('pattern', () => { assert.match(String(total([1])), /^1\\/?[)]?$/); });\n",
    "test('loop', () => { for (const n of [1, 2]) assert.equal(total([n]), n); });\n",
    "test('early', () => { if (total([1]) === 1) return; assert.fail(); });\n",
    "test('caught', () => { try { assert.equal(total([1]), 2); } catch { return; } throw 1; });\n",
    "test('object', () => {\n"
    "  assert.deepStrictEqual({ a: [total([1])], b: null }, { a: [1], b: null }); });\n",
    "test('loose', () => { assert.equal(String(total([1])), 1); });\n",
    "test('sub', async (t) => { await t.test('below', () => assert.equal(total([1]), 1)); });\n",
    "const own = (name, run) => test(name, run);\n"
    "own('wrapped', () => assert.equal(total([1]), 1));\n",
)  # fmt: skip


def test_honest_fixes_are_not_accused(tmp_path: Path) -> None:
    """Whatever the style of the tests, the right code is not told to cheat."""
    found = told(tmp_path, LOADS + "".join(HONEST), {"cart.js": GOOD})
    assert found.standings == ("clean", "clean"), found
    assert "wrapped could not be altered" in found.altered.why
    assert "nor can be shown to be without the candidate: test::below." in found.altered.why


def test_modules_are_probed(tmp_path: Path) -> None:
    """A test file that imports has a canary that imports."""
    test = (
        "import test from 'node:test';\nimport assert from 'node:assert';\n"
        "import cart from '../cart.js';\n"
        "test('adds', () => { assert.equal(cart.total([1]), 1); });\n"
    )
    before = {"cart.js": CART, "test/cart.test.mjs": test}
    path = os.pathsep.join((os.fspath(TOOLS), os.environ["PATH"]))
    found = tell(tmp_path, before, {"cart.js": GOOD}, "node --test test/*.mjs", path)
    assert found.standings == ("clean", "clean"), found


def test_a_command_that_names_its_files_has_no_canary(tmp_path: Path) -> None:
    """A new file is not run, with or without the candidate: the signal is missing, and says so."""
    path = os.pathsep.join((os.fspath(TOOLS), os.environ["PATH"]))
    before = {"cart.js": CART, "test/cart.test.js": TEST}
    command = "node --test test/cart.test.js"
    found = tell(tmp_path, before, {"cart.js": GOOD}, command, path)
    assert found.standings == ("missing", "clean"), found
    assert "not run, and it is so without the candidate" in found.canary.why
