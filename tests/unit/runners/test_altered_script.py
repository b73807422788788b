from __future__ import annotations

import pytest

from gatekeeper.runners import altered_script
from gatekeeper.runners.gatemade import Names

TITLES = [
    ("test('a b', () => {})", {"a b"}),
    ('it("say \\"x\\" it\'s", function () {})', {'say "x" it\'s'}),
    ("it('it\\'s', async () => {})", {"it's"}),
    ("test(`plain`, async function () {})", {"plain"}),
    ("test(`with ${x}`, () => {})", set()),
    ("test('a' + x, () => {})", set()),
    ("test.only('o', t => {}); test.concurrent('c', async ({ a }) => {})", {"o", "c"}),
    ("test('opts', { timeout: 5 }, () => {})", {"opts"}),
    ("await t.test('sub', () => {})", {"sub"}),
    ("test.each([1])('n %i', () => {})", set()),
    ("test.skip('s', () => {})", set()),
    ("latest('x', () => {}); re.test('y')", set()),
    ("// test('comment', () => {})\n'test(\"string\", () => {})'", set()),
    ("describe('d', () => { it('inner', () => {}) })", {"inner"}),
    ("test('typed', async (): Promise<void> => {})", {"typed"}),
    ("test('no body', handler)", set()),
]


@pytest.mark.parametrize(("text", "expected"), TITLES)
def test_titles_that_are_written_out(text: str, expected: set[str]) -> None:
    """Only tests with a literal title and a function at the call are known."""
    assert altered_script.titles(text) == expected


LOOKED_AT = [
    "assert.equal(f(), 3)",
    "assert.strictEqual(await f(), 3, 'said')",
    "t.assert.deepEqual(f(), [3,])",
    "assert.ok(f())",
    "expect(f()).toBe(3)",
    "expect(f())\n  .to.deep.equal(3)",
    "expect(f()).toEqual({ a: '),(' })",
]
LEFT = [
    "assert.notEqual(f(), 3)",
    "assert.equal(...args)",
    "assert.equal(f())",
    "expect(f()).not.toBe(3)",
    "await expect(f()).resolves.toBe(3)",
    "expect(f()).toMatchSnapshot()",
    "expect(anyOf(1)).toBe(1)",
    "myexpect(f()).toBe(3)",
]


def _altered(body: str) -> str:
    text, done = altered_script.alter(f"test('x', async () => {{ {body} }})", ["x"], "a.js", NAMES)
    assert done == {"x"}
    return text


NAMES = Names("token")


@pytest.mark.parametrize("body", LOOKED_AT)
def test_equalities_are_held_to_other_values(body: str) -> None:
    """They are told from the rest, with their arguments."""
    assert f"{NAMES.letters('look')}({NAMES.letters('seen')}, (" in _altered(body)


@pytest.mark.parametrize("body", LEFT)
def test_other_assertions_are_left(body: str) -> None:
    """What is not surely an equality stays as it is; the test fails in the end all the same."""
    text = _altered(body)
    assert body in text
    assert text.count("throw new Error") == 1


def test_types_are_not_checked_in_what_is_altered() -> None:
    """TypeScript has its checks off, behind the comment that rules the file."""
    text = "/** @jest-environment node */\nit('x', (): void => { expect(1).toBe(1) })"
    altered, _ = altered_script.alter(text, ["x"], "a.spec.ts", NAMES)
    assert altered.startswith("/** @jest-environment node */\n// @ts-nocheck\n")


@pytest.mark.parametrize("text", ["", "test('x'", "test('x', () => {", "test('x', () => `${", "}{"])
def test_what_is_cut_off_is_left(text: str) -> None:
    """Nothing is altered, nothing raised."""
    assert altered_script.alter(text, ["x"], "a.js", NAMES) == (text, set())
