"""JavaScript and TypeScript tests altered so that they must be red whatever they test.

As for Python: the test fails in the end, unless an assertion passed that was held to values
which no honest code can know.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from gatekeeper.runners.gatemade import Names
from gatekeeper.runners.masked import Masked, masked

LONGEST = 400_000
"""Characters of a file from which on it was not written by hand, and is left alone."""

_TEST = re.compile(
    r"(?<![\w$.])(?:[\w$]+\.)?(?:test|it|specify)(?:\.(?:only|concurrent|sequential))*\s*\("
)
_CALLBACK = re.compile(r"\s*(?:async\b\s*)?(?:function\b|\(|[\w$]+\s*=>)")
_EQUAL = re.compile(
    r"(?<![\w$.])(?:[\w$]+\.)*assert(?:\.strict)?"
    r"\.(?P<how>equal|strictEqual|deepEqual|deepStrictEqual|ok)\s*\("
)
_EXPECT = re.compile(r"(?<![\w$.])expect\s*\(")
_CHAIN = re.compile(
    r"\s*(?P<chain>(?:\.\s*(?:to|be|deep)\b\s*)*"
    r"\.\s*(?:toBe|toEqual|toStrictEqual|equal|equals|eql|eq)\s*)\("
)
_MATCHER = re.compile(r"expect\.|\b(?:any|match|sinon|asymmetric)", re.IGNORECASE)

_HELPERS = """
function {fresh}(value, text, number, depth = 0) {{
  if (typeof value === 'string') return [text];
  if (typeof value === 'number') return [number];
  if (typeof value === 'bigint') return [BigInt(number)];
  const plain = value !== null && typeof value === 'object' && depth < 3 &&
    (Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype);
  if (!plain || Object.keys(value).length === 0) return [Symbol(text)];
  return Object.keys(value).flatMap((key) =>
    {fresh}(value[key], text, number, depth + 1).map((other) => {{
      const copy = Array.isArray(value) ? [...value] : {{ ...value }};
      copy[key] = other;
      return copy;
    }}));
}}
function {look}(seen, computed, expected, check) {{
  const second = {fresh}(expected, '{two}', {second});
  {fresh}(expected, '{one}', {first}).slice(0, 12).forEach((one, at) => {{
    try {{ check(computed, one); check(computed, second[at]); }} catch {{ return; }}
    seen.push(at);
  }});
}}
"""


def alter(text: str, wanted: Iterable[str], path: str, names: Names) -> tuple[str, set[str]]:
    """The file with the tests of these titles altered, and which of the titles are in it."""
    whole = masked(text, "script")
    titles = set(wanted)
    cuts: list[tuple[int, int, str]] = []
    done = set()
    for title, start, end in _callbacks(whole):
        altered = _altered(whole, start, end, names) if title in titles else None
        if altered and not any(at <= start < until for at, until, _ in cuts):
            cuts.append((start, end, altered))
            done.add(title)
    for start, end, altered in sorted(cuts, reverse=True):
        text = text[:start] + altered + text[end:]
    if not done:
        return text, done
    words = {key: names.letters(key) for key in ("fresh", "look", "one", "two")}
    numbers = {key: names.number(key) for key in ("first", "second")}
    return _unchecked(text, path) + "\n" + _HELPERS.format(**words, **numbers), done


def titles(text: str) -> set[str]:
    """The titles of the tests in a file, as far as they are written out."""
    return {title for title, _, _ in _callbacks(masked(text, "script"))}


def _callbacks(whole: Masked) -> Iterator[tuple[str, int, int]]:
    """Title and place of the last function of every call that defines a test."""
    for call in _TEST.finditer(whole.code) if len(whole.code) < LONGEST else ():
        arguments = whole.arguments(call.end() - 1)
        if len(arguments) < 2:
            continue
        title = _title(whole.text[slice(*arguments[0])].strip())
        start, end = arguments[-1]
        if title and _CALLBACK.match(whole.code, start, end):
            yield title, start, end


def _title(written: str) -> str:
    """What a quoted title says; "" where it is computed."""
    if not re.fullmatch(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\$]|\\.)*`""", written):
        return ""
    inside = written[1:-1].replace("\n", "\\n").replace('"', '\\"').replace('\\\\"', '\\"')
    try:
        value = ast.literal_eval(f'"{inside}"')
    except (ValueError, SyntaxError):
        return ""
    return value if isinstance(value, str) else ""


def _altered(whole: Masked, start: int, end: int, names: Names) -> str | None:
    """The callback with its body tried, and failing in the end."""
    body = _body(whole, start, end)
    if body is None:
        return None
    first, last = body
    seen = names.letters("seen")
    before = f" const {seen} = []; try {{ "
    fail = f"if ({seen}.length === 0) throw new Error('altered by the gate');"
    after = f"\n}} catch {{}} finally {{ {fail} }} "
    inside = _held(whole, first, last, names, seen)
    head, tail = whole.text[start:first], whole.text[last:end]
    if whole.code[last : last + 1] == "}" and whole.code[first - 1] == "{":
        return f"{head}{before}{inside}{after}{tail}"
    return f"{head}{{{before} return ({inside}\n); {after}}}{tail}"


def _body(whole: Masked, start: int, end: int) -> tuple[int, int] | None:
    """Where the body of a function is: inside its braces, or the value of an arrow."""
    head = re.compile(r"\s*(?:async\b\s*)?(?:function\b[^(]*)?").match(whole.code, start, end)
    at = head.end() if head else start
    if whole.code[at : at + 1] == "(":
        at = whole.closing(at) + 1
        if at <= 0:
            return None
    is_arrow = "function" not in whole.code[start : head.end() if head else start]
    if is_arrow:
        arrow = whole.code.find("=>", at, end)
        if arrow < 0:
            return None
        at = arrow + 2
    opening = re.compile(r"\s*").match(whole.code, at, end)
    at = opening.end() if opening else at
    if not is_arrow:
        at = whole.code.find("{", at, end)
    if at >= 0 and whole.code[at : at + 1] == "{":
        close = whole.closing(at)
        return (at + 1, close) if 0 <= close < end else None
    return (at, end) if is_arrow else None


def _held(whole: Masked, first: int, last: int, names: Names, seen: str) -> str:
    """The body with its equalities held to other values than they expect."""
    pieces, place = [], first
    for start, end, computed, expected, check in _equalities(whole, first, last):
        if start < place:
            continue
        call = f"{names.letters('look')}({seen}, ({computed}\n), ({expected}\n), {check})"
        pieces += [whole.text[place:start], call]
        place = end
    return "".join((*pieces, whole.text[place:last]))


def _equalities(whole: Masked, first: int, last: int) -> Iterator[tuple[int, int, str, str, str]]:
    """Place, computed value, expected value and what asserts they are equal, in their order."""
    found = [*_asserts(whole, first, last), *_expectations(whole, first, last)]
    yield from sorted(each for each in found if not _MATCHER.search(each[2]))


def _asserts(whole: Masked, first: int, last: int) -> Iterator[tuple[int, int, str, str, str]]:
    for call in _EQUAL.finditer(whole.code, first, last):
        given = _given(whole, call.end() - 1)
        end = whole.closing(call.end() - 1) + 1
        callee = call[0].rstrip("( \n\t")
        if call["how"] == "ok" and given:
            yield call.start(), end, given[0], "0", f"() => {callee}(false)"
        elif len(given) > 1:
            yield call.start(), end, given[0], given[1], f"(a, b) => {callee}(a, b)"


def _expectations(whole: Masked, first: int, last: int) -> Iterator[tuple[int, int, str, str, str]]:
    for call in _EXPECT.finditer(whole.code, first, last):
        close = whole.closing(call.end() - 1)
        chain = _CHAIN.match(whole.code, close + 1, last) if close > 0 else None
        if chain is None:
            continue
        computed, expected = _given(whole, call.end() - 1), _given(whole, chain.end() - 1)
        if len(computed) != 1 or not expected:
            continue
        way = re.sub(r"\s", "", chain["chain"])
        check = f"(a, b) => expect(a){way}(b)"
        end = whole.closing(chain.end() - 1) + 1
        yield call.start(), end, computed[0], expected[0], check


def _given(whole: Masked, at: int) -> list[str]:
    """The arguments of a call, none where they are spread from a list."""
    given = [whole.text[slice(*each)].strip() for each in whole.arguments(at)]
    return [] if any(each.startswith("...") for each in given) else given


def _unchecked(text: str, path: str) -> str:
    """TypeScript that nobody checks for types; a comment that rules the file stays the first."""
    if not re.search(r"\.[cm]?tsx?$", path):
        return text
    head = re.match(r"\s*(?:#![^\n]*\n)?\s*(?:/\*.*?\*/)?", text, re.DOTALL)
    at = head.end() if head else 0
    return f"{text[:at]}\n// @ts-nocheck\n{text[at:]}"
