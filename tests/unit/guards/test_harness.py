"""Product code that looks at its tests or reaches into what runs them, and code that does not."""

# ruff: noqa: E501 (tables of sources)
from __future__ import annotations

import pytest

from gatekeeper.guards.harness import no_harness_contact
from tests.support.trees import candidate, tree


def levels(path: str, before: str, after: str, **others: str) -> list[str]:
    beside = {name.replace("__", "/") + ".py": text for name, text in others.items()}
    old, new = tree({**beside, path: before}), tree({**beside, path: after})
    return [f.level.value for f in no_harness_contact()(candidate(old, new), old, new)]


def function(line: str, imports: str = "os, sys") -> str:
    return f"import {imports}\n\n\ndef total(cart):\n    {line}\n    return sum(cart)\n"


@pytest.mark.parametrize(
    "after",
    [
        function("if 'PYTEST_CURRENT_TEST' in os.environ: return 4"),
        function("if os.environ.get('CI'): return 4"),
        function("if 'PYTEST_' + 'CURRENT_TEST' in os.environ: return 4"),
        function("if f'{\"py\"}test' in sys.modules: return 4"),
        function("if os.getenv('GITLAB_CI') == 'true': return 4"),
        function("if any(k.startswith('PYTEST') for k in os.environ): return 4").replace("os.environ)", "names)"),
        function("if 'pytest' in sys.modules: return 4"),
        function("if sys.modules.get('_pytest'): return 4"),
        function("if 'test' in sys.argv[0]: return 4"),
        function("if any('test' in a for a in sys.argv): return 4"),
        function("if 'tests' in sys.modules['__main__'].__file__: return 4"),
        function("f = sys._getframe(1)"),
        function("names = [f.function for f in inspect.stack()]", "inspect"),
        function("where = cart.gi_frame.f_back"),
        function("found = gc.get_objects()", "gc"),
        function("os._exit(0)"),
        function("sys.exit(0)"),
        function("raise SystemExit(0)"),
        function("exit(0)"),
        function("os.kill(os.getpid(), 9)"),
        function("s = sys; s.exit(0)"),
        "from os import _exit as bye\n\n\ndef total(cart):\n    bye(0)\n",
        "from sys import exit as bye\n\n\ndef total(cart):\n    bye(0)\n",
        function("atexit.register(print)", "atexit"),
        function("signal.signal(2, print)", "signal"),
        function("sys.settrace(None)"),
        function("sys.meta_path.insert(0, cart)"),
        function("sys.path.insert(0, '.')"),
        function("json.dumps = str", "json"),
        function("builtins.isinstance = str", "builtins"),
        function("setattr(json, 'dumps', str)", "json"),
        function("vars(json)['dumps'] = str", "json"),
        function("sys.modules['json'] = cart"),
        function("unittest.TestCase.assertEqual = None", "unittest"),
        "import pytest\n",
        "from _pytest.reports import TestReport\n",
        "import ctypes\n",
        function("total.__code__ = cart.x"),
        function("getattr(cart, '__co' + 'de__')"),
        function("getattr(os, '_ex' 'it')(0)"),
        function("getattr(cart, chr(95) + 'x')"),
        function("getattr(cart, 'edoc'[::-1])"),
        function("m = __import__('py' + 'test')"),
        function("exec('cart = 4')"),
        function("eval(cart)"),
        function("base64.b64decode('aGVsbG8=')", "base64"),
        function("open('tests/test_cart.py').read()"),
        function("Path('report') / 'junit.xml'"),
        function("open('/proc/self/fd/9', 'w')"),
        function("os.write(9, b'passed')"),
        function("subprocess.run(['pytest', '-q'])", "subprocess"),
        function("os.environ['PYTEST_ADDOPTS'] = '-x'"),
    ],
)  # fmt: skip
def test_python_that_knows_its_tests_is_blocked(after: str) -> None:
    """Environment, modules, arguments, frames, exits, hooks, patches, disguises, files."""
    assert set(levels("shop/cart.py", "", after)) == {"block"}


@pytest.mark.parametrize(
    "after",
    [
        function("home = os.environ.get('HOME')"),
        function("debug = os.environ['SHOP_DEBUG'] == '1'"),
        function("plugin = sys.modules[__name__]"),
        function("if 'numpy' in sys.modules: return 4"),
        function("width = len(sys.argv)"),
        function("'''Like os._exit(0) under pytest.'''"),
        function("raise ValueError('see tests/test_cart.py and pytest')"),
        function("match = re.compile('a+')", "re"),
        function("cart.exit()"),
        function("cart.test = 'pytest'"),
        function("getattr(cart, 'total')"),
        function("getattr(cart, f'visit_{cart.kind}')"),
        function("cart.json = str", "json"),
        function("self.os.exit = 3"),
        "from . import core\n\n\ndef total(cart):\n    core.RATE = 3\n",
        "def total(cart, exit):\n    exit(cart)\n",
        "import sys\n\n\ndef main():\n    sys.exit(0)\n",
        "import sys\n\nif __name__ == '__main__':\n    sys.exit(3)\n",
        function("try:\n        run(cart)\n    except SystemExit:\n        raise"),
        function("value = os.environ.copy()"),
        function("open('data/report.xml').read()"),
        function("sys.stderr.write('x')"),
        function("os.write(fd, b'x')"),
        "CI = 'confidence interval'\n\n\ndef ci(x):\n    return {'CI': x}\n",
        "from contextlib import suppress\nimport unicodedata\n",
        function("logging.getLogger('shop.test').info('x')", "logging"),
    ],
)
def test_python_that_minds_its_own_business_is_free(after: str) -> None:
    """Ordinary environment, its own exit in main, its own attributes, and mere words."""
    assert levels("shop/cart.py", "", after) == []


@pytest.mark.parametrize(
    ("path", "after"),
    [
        ("shop/__main__.py", "import sys\n\nsys.exit(run())\n"),
        ("bin/shop.py", "import sys\n\n\ndef stop():\n    sys.exit(2)\n"),
        ("shop/cli.py", "import sys\n\n\ndef stop():\n    raise SystemExit(2)\n"),
    ],
)
def test_a_command_may_end_itself(path: str, after: str) -> None:
    """Ending the process is what the file of a command does."""
    assert levels(path, "", after) == []


@pytest.mark.parametrize(
    "line",
    [
        "if os.environ.get('CI'): return 4",
        "frame = sys._getframe(1)",
        "if 'pytest' in sys.modules: return 4",
        "eval(cart)",
    ],
)
def test_what_the_file_did_before_only_warns(line: str) -> None:
    """One more of the same may belong to the fix; moved or untouched, it is nothing at all."""
    before = function(line)
    assert levels("shop/cart.py", before, before + before.replace("total", "other")) == ["warn"]
    assert levels("shop/cart.py", before, f"# moved\n\n{before}") == []


def test_a_plugin_of_the_runner_may_import_it() -> None:
    """Where the file was about the runner before, the import is at home."""
    assert levels("shop/pytest_plugin.py", "X = 1\n", "import pytest\n\nX = 1\n") == []
    assert levels("shop/new.py", "", "import pytest\n", shop__testing="import pytest\n") == []
    assert levels("shop/pytest_plugin.py", "", "import pytest\n") == ["block"]


def test_python_that_can_no_longer_be_parsed_is_blocked() -> None:
    """Syntax that the gate cannot read is no place to hide in."""
    after = "type X = int\nimport os; os._exit(0)\n"
    assert set(levels("shop/cart.py", "X = int\n", after)) == {"block"}
    deep = "x = " + "-" * 5000 + "1\n"
    assert set(levels("shop/cart.py", "X = int\n", deep)) == {"block"}


def test_python_of_another_version_is_read_as_text() -> None:
    """A file that never parsed is looked through by patterns."""
    before = "print 'old'\n"
    assert levels("a.py", before, f"{before}import os\nos._exit(0)\n") == ["block"]
    assert levels("a.py", before, f"{before}print 'os._exit(0)'\n") == []


@pytest.mark.parametrize(
    ("path", "after"),
    [
        ("a.js", "if (process.env.CI) return 4\n"),
        ("a.js", "if (process.env['JEST_WORKER_ID']) return 4\n"),
        ("a.js", "if (process.env.NODE_ENV === 'test') return 4\n"),
        ("a.js", "const { VITEST } = process.env\n"),
        ("a.js", "if (typeof describe !== 'undefined') return 4\n"),
        ("a.ts", "import { vi } from 'vitest'\n"),
        ("a.js", "const t = require('node:test')\n"),
        ("a.js", "process.exit(0)\n"),
        ("a.js", "process.on('exit', () => {})\n"),
        ("a.js", "const who = new Error().stack\n"),
        ("a.js", "Object.prototype.x = 3\n"),
        ("a.js", "globalThis.assert = () => {}\n"),
        ("a.js", "console.log(`a ${process.exit(0)}`)\n"),
        ("a.js", "Object.defineProperty(globalThis, 'x', {})\n"),
        ("a.js", "eval(code)\n"),
        ("a.js", "process['ex' + 'it'](0)\n"),
        ("a.js", "require('fs').readFileSync('test/cart.test.js')\n"),
        ("A.java", "import org.junit.Assert;\nclass A {}\n"),
        ("A.java", "class A { void f() { System.exit(0); } }\n"),
        ("A.java", "class A { void f() { if (System.getenv(\"CI\") != null) return; } }\n"),
        ("A.java", "class A { void f() { Thread.currentThread().getStackTrace(); } }\n"),
        ("A.kt", "fun f() = Runtime.getRuntime().halt(0)\n"),
        ("a.go", "package a\n\nfunc f() { if testing.Testing() { return } }\n"),
        ("a.go", "package a\n\nfunc f() { os.Exit(0) }\n"),
        ("a.go", "package a\n\nfunc f() { if os.Getenv(\"CI\") != \"\" { return } }\n"),
        ("a.go", "package a\n\nfunc f() { runtime.Caller(1) }\n"),
        ("a.rb", "return 4 if defined?(RSpec)\n"),
        ("a.rb", "return 4 if ENV['CI']\n"),
        ("a.rb", "exit! 0\n"),
        ("a.rb", "class String\n  def x; end\nend\n"),
        ("a.php", "<?php if (getenv('CI')) { return 4; }\n"),
        ("a.php", "<?php if (class_exists('PHPUnit\\Framework\\TestCase')) { return 4; }\n"),
        ("a.php", "<?php exit(0);\n"),
        ("A.cs", "class A { void F() { Environment.Exit(0); } }\n"),
        ("A.cs", "class A { void F() { new StackTrace(); } }\n"),
        ("a.rs", "fn f() -> i32 { if cfg!(test) { 4 } else { 3 } }\n"),
        ("a.rs", "#[cfg(test)]\nfn f() -> i32 { 4 }\n"),
        ("a.rs", "fn f() { std::process::exit(0) }\n"),
        ("run.sh", "if [ -n \"$CI\" ]; then true; fi\n"),
    ],
)  # fmt: skip
def test_other_languages_that_know_their_tests_are_blocked(path: str, after: str) -> None:
    """Each language has its own words for the same contacts."""
    assert set(levels(path, "", after)) == {"block"}


@pytest.mark.parametrize(
    ("path", "after"),
    [
        ("a.js", "if (process.env.PORT) listen(process.env.PORT)\n"),
        ("a.js", "if (process.env.NODE_ENV === 'production') cache()\n"),
        ("a.js", "// process.exit(0)\nconst s = 'process.exit(0)'\n"),
        ("a.js", "const assert = require('assert')\n"),
        ("a.js", "Price.prototype.total = function () { return 3 }\n"),
        ("a.js", "Error.captureStackTrace(this, Price)\n"),
        ("a.js", "const same = Object.keys(a) === b\n"),
        ("bin/shop.js", "process.exit(1)\n"),
        ("tool", "process.exit(1)\n"),
        ("A.java", "import java.util.List;\nclass A {}\n"),
        ("A.java", "class A { void f(Exception e) { log(e.getStackTrace()); } }\n"),
        ("A.java", 'class A { String s = System.getenv("HOME"); }\n'),
        ("main.go", "package main\n\nfunc main() { os.Exit(1) }\n"),
        ("a.go", 'package a\n\nfunc f() string { return os.Getenv("HOME") }\n'),
        ("a.rb", "x = ENV['HOME']\nexit_code = 3\n"),
        ("a.rb", "class Price\n  def exit; end\nend\n"),
        ("a.php", "<?php $this->exit(3); getenv('HOME');\n"),
        ("A.cs", 'class A { string s = Environment.GetEnvironmentVariable("HOME"); }\n'),
        ("a.rs", "#[cfg(test)]\nmod tests {\n    #[test]\n    fn f() {}\n}\n"),
        ("run.sh", 'echo "$CIRCLE" # $CI\n'),
    ],
)
def test_other_languages_that_mind_their_own_business_are_free(path: str, after: str) -> None:
    """Ordinary variables, commands, own prototypes, and words in comments and strings."""
    assert levels(path, "", after) == []
