"""What checks print, as findings. The outputs are as the tools write them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gatekeeper.validation.findings import read_findings

OUTPUTS = {
    "ruff, full": (
        "F401 [*] `os` imported but unused\n --> shop/a.py:1:8\n  |\n1 | import os\n"
        "  |        ^^\n  |\nhelp: Remove unused import: `os`\n\nFound 1 error.\n"
        "[*] 1 fixable with the `--fix` option.\n",
        ["shop/a.py:1: F401 [*] `os` imported but unused"],
    ),
    "ruff, concise": (
        "shop/a.py:1:8: F401 [*] `os` imported but unused\nFound 1 error.\n",
        ["shop/a.py:1: F401 [*] `os` imported but unused"],
    ),
    "flake8": (
        "./shop/a.py:1:1: F401 'os' imported but unused\n1     F401 'os' imported but unused\n",
        ["shop/a.py:1: F401 'os' imported but unused"],
    ),
    "mypy": (
        'a.py:2: error: Unsupported operand types for + ("int" and "str")  [operator]\n'
        'a.py:3: note: Revealed type is "builtins.int"\n'
        "Found 1 error in 1 file (checked 2 source files)\n",
        ['a.py:2: error: Unsupported operand types for + ("int" and "str") [operator]'],
    ),
    "pylint": (
        "************* Module shop.a\n"
        "shop/a.py:1:0: C0114: Missing module docstring (missing-module-docstring)\n\n"
        "-----------------------------------\n"
        "Your code has been rated at 7.50/10 (previous run: 8.00/10, -0.50)\n",
        ["shop/a.py:1: C0114: Missing module docstring (missing-module-docstring)"],
    ),
    "eslint, stylish": (
        "\n/workspace/src/a.js\n  1:7   error    'x' is never used   no-unused-vars\n"
        "  12:1  warning  Unexpected console statement  no-console\n\n"
        "\u2716 2 problems (1 error, 1 warning)\n",
        [
            "src/a.js:1: 'x' is never used no-unused-vars",
            "src/a.js:12: Unexpected console statement no-console",
        ],
    ),
    "eslint, unix": (
        "/tmp/g-1-x/work/workspace/src/a.js:1:7: 'x' is never used. [Error/no-unused-vars]\n\n"
        "1 problem\n",
        ["src/a.js:1: 'x' is never used. [Error/no-unused-vars]"],
    ),
    "tsc": (
        "src/a.ts(1,7): error TS2322: Type 'string' is not assignable to type 'number'.\n",
        ["src/a.ts:1: error TS2322: Type 'string' is not assignable to type 'number'."],
    ),
    "tsc, pretty": (
        "\x1b[96msrc/a.ts\x1b[0m:\x1b[93m1\x1b[0m:\x1b[93m7\x1b[0m - \x1b[91merror\x1b[0m"
        "\x1b[90m TS2322: \x1b[0mType 'string' is wrong.\n\n1 const a: number = 's'\n"
        "        ~\n\nFound 1 error in src/a.ts:1\n",
        ["src/a.ts:1: error TS2322: Type 'string' is wrong."],
    ),
    "bandit": (
        "Run started:2026-11-21 03:14:08.120\n\nTest results:\n"
        ">> Issue: [B602:subprocess_popen] subprocess call with shell=True\n"
        "   Severity: High   Confidence: High\n   CWE: CWE-78 (about it)\n"
        "   Location: ./shop/a.py:4:0\n3\t\n4\tcall(x, shell=True)\n\n"
        "Code scanned:\n\tTotal lines of code: 4\n",
        ["shop/a.py:4: [B602:subprocess_popen] subprocess call with shell=True"],
    ),
    "golangci-lint": (
        'cmd/a.go:3:2: "os" imported and not used (typecheck)\n\t"os"\n\t^\n1 issues:\n',
        ['cmd/a.go:3: "os" imported and not used (typecheck)'],
    ),
    "clippy": (
        "warning: unused variable: `x`\n --> src/main.rs:2:9\n  |\n2 |     let x = 1;\n"
        "  |         ^ help: prefix it: `_x`\n\nwarning: 1 warning emitted\n",
        ["src/main.rs:2: warning: unused variable: `x`"],
    ),
    "checkstyle": (
        "[ERROR] /workspace/src/A.java:3:5: Missing a Javadoc comment. [JavadocVariable]\n",
        ["src/A.java:3: Missing a Javadoc comment. [JavadocVariable]"],
    ),
    "javac": (
        "src/A.java:3: error: ';' expected\n        int a = 1\n                 ^\n1 error\n",
        ["src/A.java:3: error: ';' expected"],
    ),
    "no findings": (
        "12:30:45 INFO started\nhttp://localhost:8080: up\nAll checks passed!\n"
        "make: *** [Makefile:3: lint] Error 1\nWARNING:root:slow\n100 files: 3: ok\n",
        [],
    ),
    "a crash": (
        'Traceback (most recent call last):\n  File "/usr/lib/a.py", line 3, in <module>\n'
        "ValueError: wrong\n",
        [],
    ),
}


@pytest.mark.parametrize("tool", OUTPUTS)
def test_findings_are_told_from_the_rest(tool: str) -> None:
    """Place and message of each finding, without colours, totals, source and remarks."""
    output, expected = OUTPUTS[tool]
    assert [str(found) for found in read_findings(output)] == expected


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("a.py:1:8: F401 unused", "a.py:90:1: F401 unused", True),
        ("a.py:1: E501 line too long (104 > 100)", "a.py:2: E501 line too long (120 > 100)", True),
        ("/tmp/x/workspace/a.py:1: F401 unused", "./a.py:1: F401 unused", True),
        ("a.py:1: F401 unused", "b.py:1: F401 unused", False),
        ("a.py:1: F401 unused", "a.py:1: F402 unused", False),
        ("a.py:1: error TS2322: no", "a.py:1: error TS2345: no", False),
        ("a.py:1: F401 `os` unused", "a.py:1: F401 `re` unused", False),
    ],
)
def test_the_place_does_not_make_a_finding(one: str, other: str, same: bool) -> None:
    """Lines move, sizes change and folders differ; file, rule and words do not."""
    (first,), (second,) = read_findings(one), read_findings(other)
    assert (first.key == second.key) is same


@pytest.mark.parametrize(
    "argv",
    [
        ["ruff", "check", "--isolated", "--no-cache", "--output-format", "full"],
        ["ruff", "check", "--isolated", "--no-cache", "--output-format", "concise"],
        ["mypy", "--no-incremental", "--cache-dir", "/dev/null"],
    ],
    ids=["ruff, full", "ruff, concise", "mypy"],
)
def test_what_real_tools_print_is_understood(argv: list[str], tmp_path: Path) -> None:
    """Two findings of a tool that is installed here are read as two."""
    text = "import os\nimport re\n"
    if "mypy" in argv:
        text = "a: int = 'x'\nb: str = 1\n"
    (tmp_path / "a.py").write_text(text)
    program = str(Path(sys.executable).with_name(argv[0]))
    done = subprocess.run(
        [program, *argv[1:], "a.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    found = read_findings(done.stdout)
    assert [(each.path, each.line) for each in found] == [("a.py", 1), ("a.py", 2)], done.stdout
