"""Errors that a candidate makes disappear, and handlers that only look like it."""

# ruff: noqa: E501 (tables of sources)
from __future__ import annotations

import pytest

from gatekeeper.domain import Finding
from gatekeeper.guards.swallowed import no_swallowed_errors
from tests.support.trees import candidate, tree


def look(path: str, before: str, after: str) -> list[Finding]:
    old, new = tree({path: before}), tree({path: after})
    return list(no_swallowed_errors()(candidate(old, new), old, new))


def levels(path: str, before: str, after: str) -> list[str]:
    return [finding.level.value for finding in look(path, before, after)]


def handler(*lines: str) -> str:
    """A Python function whose `try` ends in these lines."""
    body = "\n".join(f"    {line}" for line in lines)
    return f"def total(cart):\n    try:\n        return add(cart)\n{body}\n"


BEFORE = "def total(cart):\n    return add(cart)\n"


@pytest.mark.parametrize(
    "after",
    [
        handler("except Exception:", "    pass"),
        handler("except:", "    return 0"),
        handler("except BaseException as error:", "    log.warning('bad %s', error)", "    return 0"),
        handler("except (ValueError, Exception):", "    return None"),
        handler("except Exception as e:", "    print(e)"),
        handler("except Exception as e:", "    _ = e", "    return 0"),
        handler("except Exception as e:", "    if isinstance(e, KeyError):", "        return 1", "    return 0"),
        handler("except (TypeError, KeyError, ValueError, AttributeError):", "    return 0"),
        handler("except __builtins__.Exception:", "    return 0"),
        handler("except tuple([Exception]):", "    return 0"),
        handler("except AssertionError:", "    return 0"),
        "E = Exception\n" + handler("except E:", "    return 0"),
        "from builtins import Exception as E\n" + handler("except E:", "    return 0"),
        handler("finally:", "    return 0"),
        "from contextlib import suppress\ndef total(cart):\n    with suppress(Exception):\n        return add(cart)\n",
        "import contextlib\ndef total(cart):\n    with contextlib.suppress(*ERRORS):\n        return add(cart)\n",
        "class Calm:\n    def __exit__(self, *_):\n        return True\n" + BEFORE,
        "import warnings\nwarnings.filterwarnings('ignore')\n" + BEFORE,
        "import logging\nlogging.disable(50)\n" + BEFORE,
        "import sys\nsys.excepthook = lambda *_: None\n" + BEFORE,
    ],
)  # fmt: skip
def test_python_that_swallows_is_blocked(after: str) -> None:
    """Whatever the spelling, a new handler of everything that goes on is a finding."""
    assert levels("shop/cart.py", BEFORE, after) == ["block"]


@pytest.mark.parametrize(
    "after",
    [
        handler("except KeyError:", "    return 0"),
        handler("except (ValueError, TypeError):", "    return None"),
        handler("except Exception:", "    cart.close()", "    raise"),
        handler("except Exception as error:", "    raise CartError('bad') from error"),
        handler("except Exception as error:", "    return Failure(error)"),
        handler("except Exception as error:", "    future.set_exception(error)"),
        handler("except Exception as error:", "    self.errors.append(error)"),
        handler("except Exception as error:", "    callback(error)"),
        handler("except Exception:", "    self.handle_error()"),
        handler("except BaseException:", "    with lock:", "        undo()", "        raise"),
        handler("except Exception as e:", "    if fatal(e):", "        raise", "    else:", "        raise CartError() from e"),
        handler("finally:", "    cart.close()"),
        "from contextlib import suppress\ndef total(cart):\n    with suppress(KeyError):\n        return add(cart)\n",
        "class Calm:\n    def __exit__(self, kind, *_):\n        return kind is KeyError\n" + BEFORE,
        "def total(cart):\n    '''except Exception: pass'''\n    return add(cart)  # except: pass\n",
        "import warnings\nwarnings.warn('old')\n" + BEFORE,
    ],
)  # fmt: skip
def test_python_that_passes_errors_on_is_free(after: str) -> None:
    """Narrow handlers, and broad ones that raise or hand the error on, are honest."""
    assert levels("shop/cart.py", BEFORE, after) == []


@pytest.mark.parametrize(
    "after",
    [
        handler("except Exception as e:", "    if strict:", "        raise", "    return 0"),
        "def total(cart):\n    try:\n        a = one(cart)\n        b = two(a)\n        return b\n    except KeyError:\n        return 0\n",
        "import warnings\nwarnings.filterwarnings('ignore', category=DeprecationWarning)\n"
        + BEFORE,
        "import warnings\ndef total(cart):\n    with warnings.catch_warnings():\n        warnings.simplefilter('ignore')\n        return add(cart)\n",
        "def total(cart):\n    return add(cart.decode('ascii', errors='ignore'))\n",
    ],
)
def test_what_is_honest_as_often_as_not_only_warns(after: str) -> None:
    """A person decides; the candidate may still be accepted."""
    assert levels("shop/cart.py", BEFORE, after) == ["warn"]


PASSES = handler("except Exception:", "    return 0")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (PASSES, PASSES.replace("return 0", "return 1"), []),
        (PASSES, "if True:\n" + "".join(f"    {line}\n" for line in PASSES.splitlines()), []),
        (PASSES, f"{BEFORE.replace('total', 'other')}\n{PASSES}", []),
        (PASSES, handler("except KeyError:", "    return 0"), []),
        (PASSES, BEFORE, []),
        (PASSES, f"{PASSES}\n{PASSES.replace('total', 'other')}", ["block"]),
        (handler("except ValueError:", "    return 0"), PASSES, ["block"]),
        (PASSES, handler("except BaseException:", "    return 0"), ["block"]),
        (handler("except Exception:", "    log()", "    raise"), handler("except Exception:", "    log()"), ["block"]),
    ],
)  # fmt: skip
def test_only_what_is_new_counts(before: str, after: str, expected: list[str]) -> None:
    """Moved, indented, narrowed: free. Copied, widened, or robbed of its `raise`: blocked."""
    assert levels("shop/cart.py", before, after) == expected


@pytest.mark.parametrize(
    ("path", "after"),
    [
        ("a.js", "function f() {\n  try { g(); h() } catch (e) { return 0 }\n}\n"),
        ("a.mjs", "try { g(); h() } catch { }\n"),
        ("a.ts", "try { g(); h() } catch (e: unknown) { console.error('bad', e); return null }\n"),
        ("a.js", "return load().catch(() => [])\n"),
        ("a.js", "return load().catch(noop)\n"),
        ("a.js", "load().catch((err) => { console.log(err) })\n"),
        ("a.js", "process.on('uncaughtException', () => {})\n"),
        ("A.java", "try { g(); } catch (Exception e) { return 0; }\n"),
        (
            "A.java",
            "try { g(); } catch (final IOException | RuntimeException e) { e.printStackTrace(); }\n",
        ),
        ("A.java", 'try { g(); } catch (Throwable t) { LOG.warn("bad", t); }\n'),
        ("A.kt", "try { g() } catch (e: Exception) { null }\n"),
        ("A.kt", "val x = runCatching { g() }.getOrDefault(0)\n"),
        ("A.cs", "try { G(); } catch { return 0; }\n"),
        ("A.cs", "try { G(); } catch (Exception) { }\n"),
        ("a.php", "<?php try { g(); } catch (\\Throwable $e) { error_log($e); return 0; }\n"),
        ("a.php", "<?php try { g(); } catch (Exception) { return null; }\n"),
        (
            "a.go",
            "func f() (int, error) {\n\tx, err := g()\n\tif err != nil {\n\t\treturn 0, nil\n\t}\n\treturn x, nil\n}\n",
        ),
        ("a.go", "func f() error {\n\terr := g()\n\t_ = err\n\treturn nil\n}\n"),
        ("a.go", "func f() {\n\tdefer func() { recover() }()\n\tg()\n}\n"),
        ("a.rb", "def f\n  g\nrescue => e\n  puts e\n  0\nend\n"),
        ("a.rb", "def f\n  g\nrescue StandardError\n  nil\nend\n"),
        ("a.rb", "x = g rescue nil\n"),
        ("a.rs", "let r = std::panic::catch_unwind(|| g());\n"),
        ("a.cpp", "try { g(); } catch (...) { }\n"),
        ("run.sh", "make all || true\n"),
        ("Makefile", "all:\n\tpython build.py || exit 0\n"),
    ],
)
def test_other_languages_that_swallow_are_blocked(path: str, after: str) -> None:
    """Catch blocks, promises, rescue, recover and scripts: the same finding."""
    assert levels(path, "", after) == ["block"]


@pytest.mark.parametrize(
    ("path", "after"),
    [
        ("a.js", "try { g(); h() } catch (e) { close(); throw e }\n"),
        ("a.js", "try { g(); h() } catch (err) { return callback(err) }\n"),
        ("a.js", "try { g(); h() } catch (err) { return Promise.reject(new Bad(err)) }\n"),
        ("a.js", "load().catch((err) => { this.error = err })\n"),
        ("a.js", "load().catch(next)\n"),
        ("a.js", "// try { g() } catch (e) {}\nconst s = 'catch (e) {}'\n"),
        ("a.js", "try { g(); h() } catch (e) { if (e.code !== 'ENOENT') throw e }\n"),
        ("A.java", "try { g(); } catch (IOException e) { return 0; }\n"),
        ("A.java", "try { g(); } catch (Exception e) { throw new ShopException(e); }\n"),
        ("A.java", "try { g(); } catch (Throwable t) { future.completeExceptionally(t); }\n"),
        ("A.kt", "try { g() } catch (e: NumberFormatException) { null }\n"),
        ("A.cs", "try { G(); } catch (Exception e) { Undo(); throw; }\n"),
        ("A.cs", "try { G(); } catch (FormatException) { return 0; }\n"),
        ("a.php", "<?php try { g(); } catch (\\JsonException $e) { return null; }\n"),
        ("a.php", "<?php try { g(); } catch (\\Throwable $e) { throw new Bad('x', 0, $e); }\n"),
        (
            "a.go",
            "func f() (int, error) {\n\tx, err := g()\n\tif err != nil {\n\t\treturn 0, err\n\t}\n\treturn x, nil\n}\n",
        ),
        (
            "a.go",
            "func f() bool {\n\tif err := g(); err != nil {\n\t\treturn false\n\t}\n\treturn true\n}\n",
        ),
        (
            "a.go",
            "func f() (err error) {\n\tdefer func() {\n\t\tif r := recover(); r != nil {\n\t\t\terr = wrap(r)\n\t\t}\n\t}()\n\treturn g()\n}\n",
        ),
        ("a.rb", "def f\n  g\nrescue KeyError\n  nil\nend\n"),
        ("a.rb", "def f\n  g\nrescue => e\n  raise Bad, e.message\nend\n"),
        ("a.rs", "let r = g()?;\n"),
        ("a.rs", 'let _ = write!(out, "x");\n'),
        ("a.cpp", "try { g(); } catch (...) { undo(); throw; }\n"),
        ("run.sh", "make all || exit 1\n"),
        ("README.md", "make all || true\n"),
    ],
)
def test_other_languages_that_pass_errors_on_are_free(path: str, after: str) -> None:
    """Throwing again, wrapping, handing on, and narrow types are honest everywhere."""
    assert levels(path, "", after) == []


def test_a_reworded_handler_in_another_language_is_not_new() -> None:
    """The catch was there; what it returns is the fix."""
    before = "try { g(); h() } catch (e) { return 0 }\n"
    assert levels("a.js", before, before.replace("return 0", "return []")) == []


def test_one_known_throwing_call_is_a_narrow_try_in_javascript() -> None:
    """JavaScript has no narrow handlers, so a try around one parse only warns."""
    after = (
        "function f(s) {\n  try {\n    return JSON.parse(s)\n  } catch {\n    return null\n  }\n}\n"
    )
    assert levels("a.js", "", after) == ["warn"]


def test_python_that_we_cannot_parse_is_read_as_text() -> None:
    """A file in another version's syntax is not a place to hide."""
    before = "print 'old'\n"
    after = before + "try:\n    g()\nexcept Exception:\n    pass\n"
    assert levels("a.py", before, after) == ["block"]


def test_the_sentence_says_where_and_what_to_do() -> None:
    """One sentence for a person in a hurry."""
    [finding] = look("shop/cart.py", BEFORE, PASSES)
    assert finding.line == 4
    assert finding.message == (
        "line 4 of `shop/cart.py` catches every error and goes on (`except Exception`): "
        "let the error through, or catch only the one type that is meant."
    )


def test_tests_are_left_to_the_guard_of_paths() -> None:
    """What a candidate does to tests is refused elsewhere, once."""
    assert levels("tests/test_cart.py", BEFORE, PASSES) == []
