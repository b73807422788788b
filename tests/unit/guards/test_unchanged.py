"""A candidate that changes nothing that runs."""

from __future__ import annotations

import pytest

from gatekeeper.guards.unchanged import changes_something
from tests.support.trees import candidate, tree

PY = '"""Prices."""\n\ndef total(a, b):\n    """Sum of two."""\n    return a + b\n'
JS = "// prices\nfunction total(a, b) {\n  return a + b; // cents\n}\n"
GO = "package shop\n\n// Total adds.\nfunc Total(a, b int) int { return a + b }\n"
JAVA = "class Shop {\n    /** Total. */\n    int total(int a, int b) { return a + b; }\n}\n"
RUBY = "# prices\ndef total(a, b)\n  a + b\nend\n"
SHELL = "#!/bin/sh\n# prices\necho $1\n"
COMMAND = '@click.command()\ndef total():\n    """Help."""\n'
DOCTEST = 'def total(a, b):\n    """\n    >>> total(1, 2)\n    4\n    """\n    return a + b\n'


def _blocks(path: str, old: str, new: str, **others: tuple[str, str]) -> bool:
    pairs = {path: (old, new), **{name.replace("_", "."): pair for name, pair in others.items()}}
    before = tree({name: pair[0] for name, pair in pairs.items()})
    after = tree({name: pair[1] for name, pair in pairs.items()})
    findings = list(changes_something()(candidate(before, after), before, after))
    assert all(f.guard == "unchanged" and "nothing that runs" in f.message for f in findings)
    return bool(findings)


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("a.py", PY, "# fixed\n" + PY),
        ("a.py", PY, PY.replace("a + b", "(a +\n            b)")),
        ("a.py", PY, PY.replace("Sum of two.", "The correct sum of two numbers.")),
        ("a.py", PY, PY.replace('    """Sum of two."""\n', "")),
        ("a.py", PY, PY.replace("\n\n", "\n\n\n\n")),
        ("a.js", JS, JS.replace("cents", "always cents")),
        ("a.js", JS, JS.replace("  return a + b;", "\n    return a+b;")),
        ("a.ts", JS, "/* reviewed\n * twice */\n" + JS),
        ("a.go", GO, GO.replace("Total adds.", "Total adds well.")),
        ("a.java", JAVA, JAVA.replace("/** Total. */", "/** The total, fixed. */")),
        ("a.rb", RUBY, RUBY.replace("# prices", "# good prices")),
        ("a.sh", SHELL, SHELL.replace("# prices", "# good prices")),
        ("a.js", "const a = `x\n`; // b\n", "const a = `x\n`;\n"),
    ],
)
def test_comments_layout_and_docstrings_are_no_fix(path: str, old: str, new: str) -> None:
    """Such a candidate is refused, in each language with comments that we know."""
    assert _blocks(path, old, new)


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("a.py", PY, PY.replace("a + b", "b + a")),
        ("a.py", PY, PY.replace("    return", "    pass\n    return").replace("a + b", "b - a")),
        ("a.py", PY, "# -*- coding: latin-1 -*-\nx = 1\n" + PY),
        ("a.py", COMMAND, COMMAND.replace("Help.", "Sums up.")),
        ("a.py", DOCTEST, DOCTEST.replace("4", "3")),
        ("a.py", PY.replace('"""Sum', 'x = """Sum'), PY.replace('"""Sum', 'x = """ Sum')),
        ("a.js", JS, JS.replace("a + b", "a - b")),
        ("a.js", "a = 'x // y'\n", "a = 'x // z'\n"),
        ("a.js", "f(/a[/]*b/, 1)\n", "f(/a[/]*b/, 2)\n"),
        ("a.js", "const a = `\n  // one\n`\n", "const a = `\n  // two\n`\n"),
        ("a.js", "const a = `\n  x\n`\n", "const a = `\nx\n`\n"),
        ("a.js", "return a + b\n", "return\na + b\n"),
        ("a.jsx", "<a>http://x</a>\n", "<a>http://y</a>\n"),
        ("a.go", GO, "//go:build linux\n" + GO),
        ("a.rb", RUBY, "# frozen_string_literal: true\n" + RUBY),
        ("a.rs", "/// ```\n/// f(1)\n/// ```\n", "/// ```\n/// f(2)\n/// ```\n"),
        ("a.sh", SHELL, SHELL.replace("/bin/sh", "/bin/bash")),
        ("a.php", "<?php\n$a = 'x\n y';\n", "<?php\n$a = 'x\ny';\n"),
        ("README.md", "# a\n", "# b\n"),
        ("a.yaml", "# a\nb: 1\n", "# c\nb: 1\n"),
        ("a.py", "def f(:\n", "# c\ndef f(:\n"),
    ],
)
def test_what_may_act_is_left_alone(path: str, old: str, new: str) -> None:
    """Code, data, doctests, help texts and comments that a tool acts upon are no finding."""
    assert not _blocks(path, old, new)


def test_one_file_that_runs_is_enough() -> None:
    """A comment beside a fix, a new file or changed data is nobody's business."""
    assert not _blocks("a.py", PY, PY + "# c\n", b_py=("x = 1\n", "x = 2\n"))
    assert not _blocks("a.py", PY, PY + "# c\n", b_json=("1", "2"))
    assert _blocks("a.py", PY, PY + "# c\n", b_js=(JS, JS + "// c\n"))
    before, after = tree({"a.py": PY}), tree({"a.py": PY, "pkg/__init__.py": ""})
    assert list(changes_something()(candidate(before, after), before, after)) == []


def test_a_docstring_that_the_program_reads_is_code() -> None:
    """Where anything in the tree asks for docstrings, they may be what a test sees."""
    reader = "print(total.__doc__)\n"
    assert not _blocks("a.py", PY, PY.replace("Sum", "The sum"), main_py=(reader, reader))
