"""What is fuzzed with, how often and from which seed."""

# ruff: noqa: E501 (rows of tables)
from __future__ import annotations

import os
import random

SEED = os.environ.get("GATEKEEPER_SEED", "0")
TIMES = float(os.environ.get("GATEKEEPER_FUZZ", "1"))
NUMBERS = {
    "diffs": 20_000, "paths": 24_000, "reports": 12_000, "answers": 16_000, "envelopes": 4_000,
    "records": 14_000, "texts": 8_000, "files": 4_000, "git": 160, "edits": 160,
}  # fmt: skip
"""How many inputs of each kind; more than 100,000 in all."""


def number(kind: str) -> int:
    """How many inputs of this kind."""
    return max(1, int(NUMBERS[kind] * TIMES))


def chance(kind: str) -> random.Random:
    """The same throws for the same seed and kind."""
    return random.Random(f"{SEED}:{kind}")


FILES: dict[str, str | bytes] = {
    "src/app.py": "def add(a, b):\n    return a - b\n\n\ndef sub(a, b):\n    return a - b\n",
    "src/win.txt": "one\r\ntwo\r\nthree\r\n",
    "README.md": "# Title\n\ntext without end",
    "data/ä.txt": "x\n",
}
DIFFS = tuple(
    text.encode()
    for text in (
        "diff --git a/src/app.py b/src/app.py\n--- a/src/app.py\n+++ b/src/app.py\n@@ -1,4 +1,4 @@\n"
        " def add(a, b):\n-    return a - b\n+    return a + b\n \n \n",
        "--- a/src/win.txt\n+++ b/src/win.txt\n@@ -1,3 +1,3 @@\n one\r\n-two\r\n+zwei\r\n three\r\n",
        "diff --git a/new.py b/new.py\nnew file mode 100644\n--- /dev/null\n+++ b/new.py\n"
        "@@ -0,0 +1,2 @@\n+x = 1\n+y = 2\n",
        "diff --git a/README.md b/README.md\ndeleted file mode 100644\n--- a/README.md\n+++ /dev/null\n"
        "@@ -1,3 +0,0 @@\n-# Title\n-\n-text without end\n\\ No newline at end of file\n",
        'diff --git "a/data/\\303\\244.txt" "b/data/\\303\\244.txt"\n--- "a/data/\\303\\244.txt"\n'
        '+++ "b/data/\\303\\244.txt"\n@@ -1 +1 @@\n-x\n+y\n',
        "Here it is:\n```diff\n--- src/app.py\n+++ src/app.py\n@@ -6 +6,2 @@\n-    return a - b\n"
        "+    return b\n+    # end\n```\nDone.\n",
        "diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+/etc\n"
        "\\ No newline at end of file\n",
        "diff --git a/src/app.py b/src/moved.py\nsimilarity index 90%\nrename from src/app.py\n"
        "rename to src/moved.py\n",
    )
)
PATHS = (
    "src/app.py", "tests/test_a.py", "a/b/c/d.txt", ".github/workflows/ci.yml", "../x", "/etc/x",
    "src/../../x", ".git/config", "C:/x", "a\\b", "päth/ü.py", "requirements.txt", "package.json",
    "src/pytest/__init__.py", "bin/python3", "conftest.py", "x" * 300, "a/" * 60 + "x", "-x", "x.",
    "build.rs", "src/main/java/org/junit/A.java", "sitecustomize.py", ".env", "Dockerfile", "pom.xml",
)  # fmt: skip
