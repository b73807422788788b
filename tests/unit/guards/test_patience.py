"""Sleeps, retries and longer limits that are passed off as a fix."""

from __future__ import annotations

import pytest

from gatekeeper.guards.patience import no_waiting
from tests.support.trees import candidate, tree


def _levels(path: str, old: str, new: str) -> list[str]:
    before, after = tree({path: old} if old else {}), tree({path: new})
    return [str(f.level) for f in no_waiting()(candidate(before, after), before, after)]


LOAD = "import time\n\ndef load(path):\n    return read(path)\n"
RETRY = """
def load(path):
    for _ in range(3):
        try:
            return read(path)
        except OSError:
            pass
    return None
"""
WHILE = """
def load(path):
    attempts = 0
    while attempts < 5:
        try:
            return read(path)
        except OSError:
            attempts += 1
"""
JS = "export async function load(path) {\n  return read(path)\n}\n"
JS_LOOP = """export async function load(path) {
  for (let attempt = 0; attempt < 3; attempt++) {
    try { return await read(path) } catch (e) { last = e }
  }
}
"""
ACQUIRE = "def go(lock):\n    lock.acquire(timeout={})\n"


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("a.py", LOAD, LOAD.replace("    return", "    time.sleep(0.1)\n    return")),
        ("a.py", LOAD, LOAD.replace("import time", "from time import sleep as s")
         .replace("    return", "    s(1)\n    return")),
        ("a.py", "", "import asyncio\nasync def f():\n    await asyncio.sleep(1)\n"),
        ("a.py", LOAD, "from tenacity import retry\n\n@retry\n" + LOAD[len("import time\n\n"):]),
        ("a.py", LOAD, "@backoff.on_exception(backoff.expo, OSError)\n" + LOAD[13:]),
        ("a.py", LOAD, LOAD + "\n@pytest.mark.flaky(reruns=3)\ndef g(): pass\n"),
        ("a.py", LOAD, RETRY),
        ("a.py", LOAD, WHILE),
        ("a.py", LOAD, LOAD + "for a in Retrying(stop=stop_after_attempt(3)):\n    pass\n"),
        ("a.py", ACQUIRE.format(5), ACQUIRE.format(60)),
        ("a.py", ACQUIRE.format(5), ACQUIRE.format("5 * 60")),
        ("a.py", ACQUIRE.format(5), ACQUIRE.format("None")),
        ("a.py", "READ_TIMEOUT = 2\n", "READ_TIMEOUT = 20\n"),
        ("a.py", "def f(retries=1): pass\n", "def f(retries=10): pass\n"),
        ("a.py", "C = {'max_attempts': 1}\n", "C = {'max_attempts': 3}\n"),
        ("a.js", JS, JS.replace("return", "await new Promise(r => setTimeout(r, 5))\n  return")),
        ("a.js", JS, JS.replace("  return", "  await sleep(50)\n  return")),
        ("a.js", JS, JS_LOOP),
        ("a.js", JS, JS + "jest.retryTimes(3)\n"),
        ("a.js", "const o = { timeout: 100 }\n", "const o = { timeout: 5000 }\n"),
        ("a.js", "jest.setTimeout(100)\n", "jest.setTimeout(100 * 60)\n"),
        ("A.java", "class A {}\n", "class A { void f() { Thread.sleep(100); } }\n"),
        ("a.go", "package a\n", "package a\nfunc f() { time.Sleep(time.Second) }\n"),
        ("a.rb", "def f\n  go\nend\n", "def f\n  sleep 1\n  go\nend\n"),
        ("a.rb", "def f\n  go\nend\n", "def f\n  go\nrescue\n  retry\nend\n"),
    ],
)  # fmt: skip
def test_waiting_is_no_fix(path: str, old: str, new: str) -> None:
    """A new sleep, retry or a longer limit blocks where the file had none."""
    assert "block" in _levels(path, old, new)


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("a.py", LOAD, LOAD.replace("read(path)", "read(path, strict=True)")),
        ("a.py", ACQUIRE.format(60), ACQUIRE.format(5)),
        ("a.py", "get(url)\n", "get(url, timeout=5)\n"),
        ("a.py", "", "async def f():\n    await asyncio.sleep(0)\n"),
        ("a.py", LOAD, LOAD + "class Lamp:\n    def sleep(self): pass\nLamp().sleep()\n"),
        ("a.py", LOAD, LOAD + "for i in range(3):\n    try:\n        go(i)\n    except E:\n"
                              "        pass\n"),
        ("a.py", LOAD, LOAD + "for one in ones:\n    try:\n        go()\n    except E:\n"
                              "        continue\n"),
        ("a.py", LOAD, LOAD + "for _ in range(9):\n    try:\n        go()\n    except Stop:\n"
                              "        break\n"),
        ("a.py", LOAD, LOAD + "while True:\n    try:\n        go()\n    except Stop:\n"
                              "        break\n"),
        ("a.py", LOAD, LOAD + "# time.sleep(1) would hide it\nx = 'sleep(1)'\n"),
        ("a.py", "RATE = 1\n", "RATE = 10\n"),
        ("a.py", "def f(path):\n    time.sleep(1)\n    go()\n",
         "def f(path):\n    if path:\n        time.sleep(1)\n    go()\n"),
        ("a.js", JS, JS + "// await sleep(50)\nconst t = 'setTimeout(resolve, 5)'\n"),
        ("a.js", JS, JS + "const id = setTimeout(() => controller.abort(), ms)\n"),
        ("a.js", "const o = { timeout: 5000 }\n", "const o = { timeout: 50 }\n"),
        ("a.js", JS, JS + "for (const one of ones) { try { go(one) } catch (e) { throw e } }\n"),
        ("a.go", "package a\n", "package a\nvar d = 5 * time.Second\n"),
        ("a.rb", "def f\nend\n", "def f\n  @retry = true\n  options.retry = 3\nend\n"),
        ("notes.md", "a\n", "time.sleep(3)\n"),
        ("tests/test_a.py", "a\n", "import time\ntime.sleep(3)\n"),
    ],
)  # fmt: skip
def test_honest_lookalikes_are_free(path: str, old: str, new: str) -> None:
    """Lower limits, loops over things, yielding, comments and other meanings are no finding."""
    assert _levels(path, old, new) == []


def test_where_waiting_is_usual_it_only_warns() -> None:
    """A file that slept or retried before may do so once more; a person looks."""
    old = "import time\n\ndef a():\n    time.sleep(1)\n"
    assert _levels("a.py", old, old + "\ndef b():\n    time.sleep(2)\n") == ["warn"]
    assert _levels("a.py", RETRY, RETRY + RETRY.replace("range(3)", "range(4)")) == ["warn"]
    assert _levels("a.js", JS_LOOP, JS_LOOP + "for (let tries = 0;;) {\n try {} catch {}\n}\n") == [
        "warn"
    ]


def test_the_sentence_says_what_and_where() -> None:
    """Line, file, what it does and what to do instead."""
    before, after = tree({"a.py": "LOCK_TIMEOUT = 1\n"}), tree({"a.py": "LOCK_TIMEOUT = 90\n"})
    (finding,) = no_waiting()(candidate(before, after), before, after)
    assert finding.line == 1
    assert finding.message.startswith("line 1 of `a.py` raises `LOCK_TIMEOUT` from 1 to 90: find")


def test_a_wait_for_what_nobody_can_end_is_a_sleep() -> None:
    """`Event().wait(1)` waits on an object that nobody else has."""
    old = "import threading\n\n\ndef load(name):\n    return name\n"
    new = old.replace("    return", "    threading.Event().wait(0.05)\n    return")
    before, after = tree({"a.py": old}), tree({"a.py": new})
    (finding,) = no_waiting()(candidate(before, after), before, after)
    assert finding.level == "block"
    assert finding.line == 5
