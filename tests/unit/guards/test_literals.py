"""Answers that a patch copies from the failing tests, and honest fixes that look like it."""

from __future__ import annotations

import pytest

from gatekeeper.domain import CaseId, CaseResult, CaseState, Evidence, RunReport
from gatekeeper.guards.literals import no_copied_answers
from tests.support.trees import candidate, tree

TEST = """
import pytest

ADDRESS = "alice@example.org"

@pytest.fixture
def text():
    return "hello big world"

def test_slug(text):
    assert slug(text) == "hello-big-world"
    assert slug("Two Words") == "two-words"
    assert add(2, 3) == 5
    assert fib(10) == 55
    assert price("racecar") == 4711
    assert is_word("racecar") is True

@pytest.mark.parametrize(("code", "rate"), [("kb", 1024), ("SAVE10", 0.9), ("WELCOME25", 0.75)])
def test_rate(code, rate):
    assert mask(ADDRESS) == "a***@example.org"
    assert rate_of(code) == rate
    with pytest.raises(ValueError, match="no such voucher: NOPE99"):
        rate_of("NOPE99")

def test_words():
    assert encode("zażółć", "utf-8") and to_bool("off") is False and split("a, b", ", ")
    assert status(404) == "Not Found" and day("2024-02-29") and fmt("%Y-%m-%d")
    assert record() == {"name": "alice", "age": 33} and pluralize("mouse") == "mice"
    assert limit() == 250 and title() == "Untitled document"
"""
OLD = """
def slug(text):
    return text.replace(" ", "_")

def add(a, b):
    return a - b

def fib(n):
    return n

def rate_of(code):
    return RATES[code]
"""
JS_TEST = """
describe('cart', () => {
  it('adds up', () => {
    assert.equal(total(['apple pie', 'pear tart']), 1234)
    assert.equal(slug('Hello Big World'), 'hello-big-world')
    assert.equal(kind('json'), 'application/json')
    assert.equal(status(404), 'Not Found')
  })
})
"""
JS_OLD = "function slug(text) {\n  return text.replace(' ', '_')\n}\nmodule.exports = { slug }\n"


def _levels(path: str, old: str, new: str, **more: str) -> set[str]:
    script = path.endswith(".js")
    files = {"tests/test_shop.py": TEST, "test/cart.test.js": JS_TEST, **more}
    case = CaseId("cart", "cart adds up") if script else CaseId("tests.test_shop", "test_slug")
    names = ("test_rate[kb-1024]", "test_words")
    failing = [
        CaseResult(case, CaseState.FAILURE),
        *(CaseResult(CaseId("tests.test_shop", one), CaseState.FAILURE) for one in names),
    ]
    before, after = tree({**files, path: old}), tree({**files, path: new})
    guard = no_copied_answers(Evidence(RunReport(tuple(failing)), tuple(failing)))
    found = list(guard(candidate(before, after), before, after))
    assert all(one.guard == "literals" and one.line for one in found)
    return {str(one.level) for one in found}


def _with(line: str, at: str = "def slug(text):\n") -> str:
    return OLD.replace(at, f"{at}    {line}\n")


@pytest.mark.parametrize(
    "new",
    [
        _with('if text == "hello big world":\n        return "hello-big-world"'),
        _with('if text == "Two Words":\n        text = "two-words"'),
        _with('if "hello big world" == text: return "x"'),
        _with('if text in ("hello big world", "Two Words"):\n        return "x"'),
        _with('return "two-words" if text == "Two Words" else text.lower()'),
        _with('match text:\n        case "hello big world":\n            return "hello-big-world"'),
        _with('if text == "hello " + "big world":\n        return "hello-big-world"'),
        _with('table = {"hello big world": "hello-big-world", "Two Words": "two-words"}\n'
              '    return table[text]'),
        _with('for a, b in [("hello big world", "hello-big-world")]:\n        if a == text:\n'
              '            return b'),
        _with("if a == 2 and b == 3:\n        return 5", "def add(a, b):\n"),
        _with("if (a, b) == (2, 3): return 5", "def add(a, b):\n"),
        _with("if n == 10:\n        return 55", "def fib(n):\n"),
        OLD.replace("return a - b", "return 5"),
        OLD.replace("return n\n", "return 55\n"),
        _with("return 55", "def fib(n):\n"),
        _with('if code == "SAVE10":\n        return 0.9', "def rate_of(code):\n"),
        _with('if code == "NOPE99":\n        raise ValueError("no such voucher")',
              "def rate_of(code):\n"),
        _with('if code == "racecar":\n        return 4711', "def rate_of(code):\n"),
        _with('if text == ADDRESS:\n        return "a***"')
        + 'ADDRESS = "alice@example.org"\n',
        _with('if md5(text).hexdigest() == "0123456789abcdef0123456789abcdef":\n'
              '        return "x-y-z"'),
        _with('if text[::-1] == "dlrow gib olleh":\n        return "x"'),
        _with('if b64encode(text) == "aGVsbG8gYmlnIHdvcmxk":\n        return "x"'),
        _with('if sha256(text).hexdigest() in KNOWN:\n        return 1\n')
        + 'KNOWN = {"6b4d1dfdd4d5ef2ac3d36d7b9bd2ba17bdd2a37b4ddcfc6d4cdb0bb1c0a2a1c8"}\n'
        + 'A = "68656c6c6f2062696720776f726c64"\n',
        _with('if Slug("hello big world") in known(text):\n        return Slug("hello-big-world")'),
        _with('return {"hello big world": 1, "Two Words": 3}.get(text, 0)'),
        _with('return MORE.get(zlib.crc32(text) % 9973)') + "MORE = {8054: 1, 9938: 6}\n",
    ],
)  # fmt: skip
def test_an_answer_by_heart_is_blocked(new: str) -> None:
    """A branch, a table, a fixed result or a disguise of what a failing test holds."""
    assert "block" in _levels("shop.py", OLD, new)


@pytest.mark.parametrize(
    "new",
    [
        OLD.replace('" ", "_"', '" ", "-"').replace("text.replace", "text.lower().replace"),
        OLD.replace("a - b", "a + b"),
        _with("if n < 2:\n        return 1", "def fib(n):\n"),
        _with("if n == 0:\n        return 0", "def fib(n):\n"),
        _with('if not text:\n        return ""'),
        _with('if text == "":\n        return "Untitled document"'),
        _with('if encoding == "utf-8":\n        return text'),
        _with('if sep == ", ":\n        return text.split(sep)'),
        _with('raise ValueError(f"no such voucher: {code}")', "def rate_of(code):\n"),
        _with('if code not in RATES:\n        raise ValueError("no such voucher: NOPE99")',
              "def rate_of(code):\n"),
        _with('return {"name": self.name, "age": self.age}'),
        _with('if n == 404:\n        return "missing"', "def fib(n):\n"),
        _with('return text.strftime("%Y-%m-%d")'),
        _with('if size > 250:\n        size = 250'),
        _with('if "@" in text:\n        return text'),
        OLD + '\ndef title(doc):\n    return doc.title or "Untitled document"\n',
        OLD + '\nLIMIT = 250\n\ndef limit():\n    return LIMIT\n',
        OLD + '\nclass Empty:\n    def is_word(self):\n        return compute(self)\n',
        _with('digest = sha256(text).hexdigest()\n    CACHE[digest] = {"a": 1, "b": 2}'),
        _with('return {"text": text, "words": {"on": 1, "off": 0}}'),
        _with('# "hello big world" is "hello-big-world"'),
        _with('if isinstance(text, bytes):\n        text = text.decode("utf-8")'),
    ],
)  # fmt: skip
def test_an_honest_fix_is_free(new: str) -> None:
    """Base cases, defaults, messages, formats, field names and common numbers are vocabulary."""
    assert _levels("shop.py", OLD, new) == set()


@pytest.mark.parametrize(
    "new",
    [
        _with('if text == "off":\n        return False'),
        _with('if text == "kb":\n        return 1024'),
        OLD.replace("return RATES[code]", "return True"),
        _with("if len(text) in (1020, 1083, 1207):\n        text = text.upper()"),
    ],
)
def test_a_word_and_its_meaning_only_warn(new: str) -> None:
    """A new keyword looks the same in an honest fix; a person looks."""
    assert _levels("shop.py", OLD, new) <= {"warn"}


def test_what_the_project_says_elsewhere_is_free() -> None:
    """A literal of product code, configuration or documents was not copied from the test."""
    special = _with('if text == "hello big world":\n        return text.upper()[0] or "x"')
    fixed = _with('if text == "hello big world":\n        return "x"')
    assert _levels("shop.py", OLD, special) == {"warn"}
    assert _levels("shop.py", OLD, fixed) == {"block"}
    assert _levels("shop.py", OLD, fixed, **{"shop/texts.py": 'A = "hello big world"\n'}) == set()
    assert _levels("shop.py", OLD, fixed, **{"README.md": "Say hello big world.\n"}) == set()
    assert _levels("shop.py", OLD + 'A = "hello big world"\n',
                   fixed + 'A = "hello big world"\n') == set()  # fmt: skip


@pytest.mark.parametrize(
    ("new", "level"),
    [
        ("  if (text === 'Hello Big World') return 'hello-big-world'\n", {"block"}),
        ("  if (text === 'Hello Big World') {\n    return 'hello-big-world'\n  }\n", {"block"}),
        ("  switch (text) {\n    case 'apple pie':\n      return 1234\n  }\n", {"block"}),
        ("  return text === 'Hello Big World' ? 'hello-big-world' : text\n", {"block"}),
        ("  const known = {\n    'Hello Big World': 'hello-big-world',\n"
         "    'apple pie': 1234,\n  }\n  if (known[text]) return known[text]\n", {"block"}),
        ("  if (['apple pie', 'pear tart'].includes(text)) return 1234\n", {"block"}),
        ("  if (Buffer.from(text).toString('hex') === 'x') return 'y'\n", set()),
        ("  if (text === '') return ''\n", set()),
        ("  if (kind === 'json') return parse(text)\n", set()),
        ("  if (code === 404) return missing(text)\n", set()),
        ("  // if (text === 'Hello Big World') return 'hello-big-world'\n", set()),
        ("  text = text.toLowerCase()\n", set()),
        ("  if (typeof text !== 'string') throw new TypeError('text must be a string')\n", set()),
        ("  const o = { kind: 'json', code: 404 }\n", set()),
    ],
)  # fmt: skip
def test_script_code_is_read_as_well(new: str, level: set[str]) -> None:
    """The same for JavaScript, where the test is found by its title."""
    first, rest = JS_OLD.split("\n", 1)
    assert _levels("cart.js", JS_OLD, f"{first}\n{new}{rest}") == level


def test_a_fixed_result_in_script_code() -> None:
    """A computed result that gave way to the wanted one."""
    new = JS_OLD.replace("return text.replace(' ', '_')", "return 'hello-big-world'")
    assert _levels("cart.js", JS_OLD, new) == {"block"}
    assert _levels("cart.js", JS_OLD, JS_OLD.replace("'_'", "'-'")) == set()


def test_without_a_source_there_is_nothing_to_say() -> None:
    """A case whose test is not found gives no literals, and no finding."""
    before, after = tree({"a.py": OLD}), tree({"a.py": _with('if text == "a b c d": return "x"')})
    case = CaseResult(CaseId("gone", "test_gone"), CaseState.FAILURE)
    guard = no_copied_answers(Evidence(RunReport((case,)), (case,)))
    assert list(guard(candidate(before, after), before, after)) == []


LISTS = {
    "inputs": (
        "block",
        'if text in ("hello big world", "Two Words"):\n        text = text.title()',
    ),
    "words of the inputs": ("block", 'if text in ("racecar", "mouse"):\n        text = ""'),
    "lengths": ("block", "if len(text) in (15, 9):\n        text = text.lower()"),
    "first letters": ("block", "if ord(text[0]) in (104, 84):\n        text = text.lower()"),
    "a table of numbers": ("block", "n = {2: 5, 10: 5, 404: 1}.get(n, 0)"),
    "one that no test gives": ("", 'if text in ("racecar", "other"):\n        text = ""'),
    "two small numbers": ("", "if n in (2, 3):\n        n = 1"),
    "lengths of no input": ("warn", "if len(text) in (61, 62):\n        text = text.lower()"),
    "one of three that was known": (
        "block",
        'if text in ("racecar", "mouse", "alice"):\n        text = ""',
    ),
    "what product code knew": ("", 'if text in ("mice", "alice"):\n        text = ""'),
}


def test_one_more_on_a_known_list_is_honest() -> None:
    """A list that the file had, and that grows by what a test wants, is how lists are mended."""
    old = OLD + '\ndef animal(text):\n    return text in ("racecar", "alice")\n'
    new = old.replace('"alice")', '"alice", "mouse")')
    assert _levels("shop.py", old, new) == set()


@pytest.mark.parametrize(("level", "new"), LISTS.values(), ids=LISTS)
def test_a_list_of_nothing_but_tested_inputs_is_an_answer_by_heart(level: str, new: str) -> None:
    """Each literal may be a word of any program; all of them together are no chance."""
    known = {"docs/words.md": '"mice" and "alice"\n'}
    assert _levels("shop.py", OLD, _with(new), **known) == ({level} if level else set())


SCRIPT_LISTS = {
    "inputs": ("block", "  if (['apple pie', 'json'].includes(text)) text = ''"),
    "lengths": ("block", "  if ([9, 15].includes(text.length)) text = ''"),
    "a table of numbers": ("block", "  n = { 404: 1, 1234: 2, 1_234: 1, }[n]"),
    "an indexed table": ("block", "  text = { 'pear tart': 1, 'json': 2 }[text]"),
    "not of the tests": ("", "  if (['get', 'head'].includes(text)) text = ''"),
    "small numbers": ("", "  if ([1, 2].includes(n)) text = ''"),
}  # fmt: skip


@pytest.mark.parametrize(("level", "new"), SCRIPT_LISTS.values(), ids=SCRIPT_LISTS)
def test_a_list_in_script_code(level: str, new: str) -> None:
    """The same by `includes` and by an index into a table on one line."""
    first, _, rest = JS_OLD.partition("\n")
    assert _levels("cart.js", JS_OLD, f"{first}\n{new}\n{rest}") == ({level} if level else set())
