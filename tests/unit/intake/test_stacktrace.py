"""Frames of real traces of each language, mapped to the files of a workspace."""

from __future__ import annotations

import time

import pytest

from gatekeeper.intake.stacktrace import frames

KNOWN = frozenset(
    {
        "calc.py", "tests/test_calc.py", "src/shop/core.py", "src/shop/cart.py", "other/cart.py",
        "web/div.mjs", "web/div.test.mjs", "web/src/price.ts", "lib/price.rb", "spec/price_spec.rb",
        "app/src/main/java/com/acme/Foo.java", "app/src/test/java/com/acme/FooTest.java",
        "sum.go", "sum_test.go", "src/lib.rs", "src/Price.php", "tests/PriceTest.php",
        "src/Acme/Foo.cs", "json/decoder.py", "node_modules/left/index.js", "cpp/sum_test.cc",
    }
)  # fmt: skip


def ours(text: str, *roots: str) -> list[tuple[str, int | None]]:
    return [(f.path, f.line) for f in frames(text, KNOWN, roots) if f.ours]


CPYTHON = """Traceback (most recent call last):
  File "/builds/g/p/calc.py", line 7, in compute
    return {}[a]
KeyError: 1

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/builds/g/p/tests/test_calc.py", line 5, in test_add
    assert calc.add(1, 2) == 3
  File "/usr/lib/python3.11/json/decoder.py", line 337, in decode
  File "/builds/g/p/calc.py", line 2, in add
    return compute(a, b)
ValueError: bad sum
"""
PYTEST_LONG = """
calc.py:7: KeyError

The above exception was the direct cause of the following exception:

>       assert calc.add(1, 2) == 3
tests/test_calc.py:5:
_ _ _ _ _ _ _
calc.py:2: in add
    return compute(a, b)
E           ValueError: bad sum

calc.py:9: ValueError
"""
NODE = """RangeError: no
    at div (file:///builds/g/p/web/div.mjs:2:19)
    at TestContext.<anonymous> (file:///builds/g/p/web/div.test.mjs:3:15)
    at Test.runInAsyncScope (node:async_hooks:206:9)
    at async /builds/g/p/web/src/price.ts:4:5
    at /builds/g/p/node_modules/left/index.js:9:1
"""
TAP = """  stack: |-
    div (file:///tmp/x/web/div.mjs:2:19)
    TestContext.<anonymous> (file:///tmp/x/web/div.test.mjs:3:15)
    Test.run (node:internal/test_runner/test:796:25)
"""
JAVA = """java.lang.AssertionError: expected:<1> but was:<2>
\tat org.junit.Assert.fail(Assert.java:89)
\tat com.acme.Foo$Inner.bar(Foo.java:12)
\tat app//com.acme.FooTest.testBar(FooTest.java:30)
\tat java.base/java.lang.reflect.Method.invoke(Method.java:580)
"""
GO = """--- FAIL: TestSum (0.00s)
    sum_test.go:12: got 3, want 4
panic: boom
goroutine 7 [running]:
example.com/p.Sum(...)
\t/builds/g/p/sum.go:8 +0x1b
testing.tRunner(0xc0, 0x1)
\t/usr/local/go/src/testing/testing.go:1689 +0xfb
"""
RUST = """thread 'tests::adds' panicked at src/lib.rs:10:5:
assertion `left == right` failed
   2: p::add
             at ./src/lib.rs:4:9
   3: core::panicking
             at /rustc/abc/library/core/src/panicking.rs:72:14
"""
RUBY = """  1) Price rounds
     Failure/Error: expect(x).to eq 2
     # ./lib/price.rb:4:in `round'
     # ./spec/price_spec.rb:9:in 'block (2 levels) in <top (required)>'
     # /usr/lib/ruby/gems/3.1.0/gems/rspec-core-3.1/lib/rspec/core/example.rb:263:in `run'
"""
PHP = """PriceTest::testRound
Failed asserting that 1 matches expected 2.

/app/src/Price.php:7
/app/tests/PriceTest.php:12

Error: boom in /app/src/Price.php on line 9
#0 /app/src/Price.php(8): Price->round()
"""
DOTNET = "   at Acme.Foo.Bar(Int32 x) in /src/src/Acme/Foo.cs:line 12\n"
VITEST = " \u276f round web/src/price.ts:3:9\n \u276f web/src/price.ts:8:1\n"
GTEST = "cpp/sum_test.cc:14: Failure\nExpected equality of these values:\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (CPYTHON, [("calc.py", 2), ("tests/test_calc.py", 5), ("calc.py", 7)]),
        (PYTEST_LONG, [("calc.py", 9), ("calc.py", 2), ("tests/test_calc.py", 5), ("calc.py", 7)]),
        (NODE, [("web/div.mjs", 2), ("web/div.test.mjs", 3), ("web/src/price.ts", 4)]),
        (TAP, [("web/div.mjs", 2), ("web/div.test.mjs", 3)]),
        (JAVA, [("app/src/main/java/com/acme/Foo.java", 12),
                ("app/src/test/java/com/acme/FooTest.java", 30)]),
        (GO, [("sum_test.go", 12), ("sum.go", 8)]),
        (RUST, [("src/lib.rs", 10), ("src/lib.rs", 4)]),
        (RUBY, [("lib/price.rb", 4), ("spec/price_spec.rb", 9)]),
        (PHP, [("src/Price.php", 7), ("tests/PriceTest.php", 12), ("src/Price.php", 9),
               ("src/Price.php", 8)]),
        (DOTNET, [("src/Acme/Foo.cs", 12)]),
        (VITEST, [("web/src/price.ts", 3), ("web/src/price.ts", 8)]),
        (GTEST, [("cpp/sum_test.cc", 14)]),
        ('  File "/builds/g/p/calc.py", line 3\n    x = (\nSyntaxError: x\n', [("calc.py", 3)]),
        ("thread 'x' panicked at 'said: no', src/lib.rs:10:5", [("src/lib.rs", 10)]),
        ("  --> src/lib.rs:3:4", [("src/lib.rs", 3)]),
        ("price_spec.rb:3:in `x': said (RuntimeError)", [("spec/price_spec.rb", 3)]),
        ("div@http://localhost:8000/web/div.mjs?t=17:2:19", [("web/div.mjs", 2)]),
        ("no frame at all: 12 of 13", []),
        ("", []),
    ],
)  # fmt: skip
def test_frames_of_the_workspace(text: str, expected: list[tuple[str, int]]) -> None:
    """Each language's frames are read, innermost first; runner and library frames are not ours."""
    assert ours(text) == expected


# Tools that are not to be had here, by the shape that their documentation shows.
@pytest.mark.parametrize(
    ("row", "place", "function"),
    [
        ("   at Acme.Foo.<BarAsync>d__3.MoveNext() in C:\\b\\src\\Acme\\Foo.cs:line 12",
         ("src/Acme/Foo.cs", 12), "BarAsync"),
        ("   at Acme.Foo.Bar(Int32 x, String[] y)", ("src/Acme/Foo.cs", None), "Bar"),
        ("[xUnit.net 00:00:01.02]         /b/src/Acme/Foo.cs(12,0): at Acme.Foo.Bar()",
         ("src/Acme/Foo.cs", 12), ""),
        ("src\\Acme\\Foo.cs(12,5): error CS1002: ; expected [b/Acme.csproj]",
         ("src/Acme/Foo.cs", 12), ""),
        ("    at Context.eval (webpack://shop/./web/src/price.ts:3:4)",
         ("web/src/price.ts", 3), "Context.eval"),
        ("    at round (webpack-internal:///(rsc)/./web/src/price.ts:3:4)",
         ("web/src/price.ts", 3), "round"),
        ("    at round (webpack:///./web/src/price.ts?1f2e:3:4)", ("web/src/price.ts", 3), "round"),
        ("    at async Promise.round [as go] (C:\\b\\web\\src\\price.ts:3:4)",
         ("web/src/price.ts", 3), "Promise.round"),
        ("e: file:///b/app/src/main/java/com/acme/Foo.java:3:5 Unresolved reference: x",
         ("app/src/main/java/com/acme/Foo.java", 3), ""),
        ("[ERROR] /b/app/src/main/java/com/acme/Foo.java:[3,5] cannot find symbol",
         ("app/src/main/java/com/acme/Foo.java", 3), ""),
        ("    java.lang.AssertionError at FooTest.java:30",
         ("app/src/test/java/com/acme/FooTest.java", 30), ""),
        ("lib/price.rb:3:in 'Price#round'", ("lib/price.rb", 3), "Price#round"),
        ("#1  0x00005 in sum (a=1, b=0x7f \"x\") at cpp/sum_test.cc:12",
         ("cpp/sum_test.cc", 12), 'sum (a=1, b=0x7f "x")'),
        ("\tat com.acme.Foo.bar(Foo.java:12) ~[classes/:?]",
         ("app/src/main/java/com/acme/Foo.java", 12), "bar"),
        ("\t/b/sum.go:8 +0x1b", ("sum.go", 8), ""),
    ],
)  # fmt: skip
def test_documented_shapes(row: str, place: tuple[str, int | None], function: str) -> None:
    """Windows, .NET, bundlers, compilers and debuggers write frames in their own ways."""
    found = [f for f in frames(row, KNOWN) if f.ours]
    assert [((f.path, f.line), f.function) for f in found] == [(place, function)]


@pytest.mark.parametrize(
    "text",
    [
        "assert {'calc.py': 3} == {'calc.py': 4}",
        "see https://example.org/web/src/price.ts for more, since 12:30:45",
        "expected 'calc.py line 3' to be 4",
        "calc.py is 12 bytes long",
        "   at 10:12:13 the job began",
        "rewrote web/src/price.ts in 3 ms",
        "   at Promise.all (index 0)",
        "    at Array.map (<anonymous>)",
        "   at System.Linq.Enumerable.First(IEnumerable`1 source)",
        "\tat com.acme.Gone.bar(Unknown Source)",
        "#12 fixes the price in calc",
        "Makefile:3: recipe for target failed",
    ],
)
def test_lookalikes_are_no_frames_of_the_workspace(text: str) -> None:
    """Names of files and numbers in prose and in values are no stack trace."""
    assert ours(text) == []


def test_a_root_is_learned_from_the_trace() -> None:
    """Where one path shows where the workspace was, a file of its top folder is found too."""
    text = "    at a (/ci/42/web/src/price.ts:3:4)\n    at b (/ci/42/index.js:1:1)\n"
    known = {"web/src/price.ts", "index.js", "node_modules/left/index.js"}
    assert [f.path for f in frames(text, known)] == ["web/src/price.ts", "index.js"]
    assert [f.ours for f in frames(text.splitlines()[1], known)] == [False]


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("/builds/group/project/src/shop/core.py", "src/shop/core.py"),
        ("/workspace/src/shop/core.py", "src/shop/core.py"),
        ("./src/shop/core.py", "src/shop/core.py"),
        ("/x/build/lib/shop/core.py", "src/shop/core.py"),
        ("/venv/lib/python3.11/site-packages/shop/core.py", "src/shop/core.py"),
        ("shop/cart.py", "src/shop/cart.py"),
        ("/builds/other/cart.py", "other/cart.py"),
    ],
)
def test_path_is_mapped_by_its_longest_suffix(written: str, path: str) -> None:
    """Mount points, build folders and installed copies lead back to the workspace's file."""
    assert ours(f'  File "{written}", line 3, in f') == [(path, 3)]


@pytest.mark.parametrize(
    "written",
    [
        "cart.py",  # two files have this name
        "/usr/lib/python3.11/json/decoder.py",  # the workspace has json/decoder.py too
        "/venv/lib/python3.11/site-packages/core.py",
        "<frozen importlib._bootstrap>",
        "/elsewhere/unknown.py",
    ],
)
def test_what_cannot_be_mapped_is_not_ours(written: str) -> None:
    """An ambiguous or foreign path keeps its spelling and is told apart."""
    (frame,) = frames(f'  File "{written}", line 3, in f', KNOWN)
    assert not frame.ours
    assert frame.path == written


def test_root_decides_before_the_suffix() -> None:
    """A known mount point maps a path whose suffix alone would be ambiguous."""
    text = '  File "/w/calc.py", line 1, in f'
    assert ours(text, "/w") == [("calc.py", 1)]


def test_function_names_are_kept() -> None:
    """The function of a frame comes with it where the language writes it."""
    assert [f.function for f in frames(NODE, KNOWN) if f.ours][:2] == [
        "div",
        "TestContext.<anonymous>",
    ]


@pytest.mark.parametrize(
    "hostile",
    ["at " + "a" * 980, "/a.b" * 240 + ":1", "at f (" * 160, ("panicked at '" + "x', " * 190),
     "1 " * 480, "at " + "a.b/" * 240 + "1", " " * 990 + "1"],
)  # fmt: skip
def test_hostile_text_is_read_in_linear_time(hostile: str) -> None:
    """Lines made to backtrack, a thousand of them, take no more than moments of the processor."""
    started = time.process_time()
    frames("\n".join([hostile] * 1000), KNOWN)
    assert time.process_time() - started < 1
