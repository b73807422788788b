"""Code that newly asks where or when it runs, and code whose business that is."""

# ruff: noqa: E501 (lines of the table)
from __future__ import annotations

import pytest

from gatekeeper.domain import Level
from gatekeeper.guards.surroundings import no_new_surroundings
from tests.support.trees import candidate, tree

PYTHON = "def share(cents, parts):\n    return cents // parts\n"
SCRIPT = "export function share (cents, parts) {\n  return Math.floor(cents / parts)\n}\n"

CHEATS = {
    "a terminal": ("py", "    if not sys.stdout.isatty():\n        return 1\n", "terminal"),
    "what standard input is": ("py", "    if type(sys.stdin) is not x:\n        return 1\n", "terminal"),
    "the clock": ("py", "    if time.monotonic() - BEGUN < 60:\n        return 1\n", "time"),
    "uptime": ("py", "    if float(open('/proc/uptime').read()[:3]):\n        return 1\n", "time"),
    "the host": ("py", "    if socket.gethostname() == 'sandbox':\n        return 1\n", "machine"),
    "a container": ("py", "    if Path('/.dockerenv').exists():\n        return 1\n", "machine"),
    "how many modules": ("py", "    if len(sys.modules) > 180:\n        return 1\n", "modules"),
    "what was started": ("py", "    import __main__\n", "modules"),
    "the log": ("py", "    if logging.getLogger().hasHandlers():\n        return 1\n", "log"),
    "a folder beside": ("py", "    if (Path(__file__).parent / 'x').is_dir():\n        return 1\n", "files"),
    "a data file": ("py", "    known = json.loads(Path(__file__).with_suffix('.json').read_text())\n", "files"),
    "a program": ("py", "    return subprocess.run(['cat', 'x'])\n", "programs"),
    "any variable": ("py", "    if any('PY' in name for name in os.environ):\n        return 1\n", "variable"),
    "a variable, where none was read": ("py", "    if os.getenv('SHOP'):\n        return 1\n", "environment"),
    "node: a variable": ("js", "  if (process.env.NODE_ENV !== 'production') return 1\n", "environment"),
    "node: a terminal": ("js", "  if (!process.stdout.isTTY) return 1\n", "terminal"),
    "node: uptime": ("js", "  if (process.uptime() < 60) return 1\n", "time"),
    "node: the main module": ("js", "  if (require.main) return 1\n", "modules"),
    "node: who loads it": ("js", "  if (module.parent?.parent) return 1\n", "modules"),
    "node: files": ("js", "  if (existsSync('x')) return 1\n", "files"),
    "node: a program": ("js", "  require('child_process').execSync('x')\n", "programs"),
    "node: any variable": ("js", "  if (Object.keys(process.env).some(x)) return 1\n", "variable"),
}  # fmt: skip


@pytest.mark.parametrize(("ending", "line", "what"), CHEATS.values(), ids=CHEATS)
def test_what_a_file_never_asked_is_refused(ending: str, line: str, what: str) -> None:
    """One finding blocks, names line and file, and says what the code looks at."""
    path = f"shop/split.{ending}"
    old = PYTHON if ending == "py" else SCRIPT
    head, _, rest = old.partition("\n")
    before, after = tree({path: old}), tree({path: f"{head}\n{line}{rest}"})
    first, *_ = no_new_surroundings()(candidate(before, after), before, after)
    assert first.level is Level.BLOCK
    assert (first.path, first.line) == (path, 2)
    assert what in first.message


HONEST = {
    "nothing of the kind": ("a.py", PYTHON, "    parts = max(parts, 1)\n"),
    "a comment": ("a.py", PYTHON, "    # time.time() is not asked\n"),
    "the clock, in a cache": (
        "a.py",
        f"TTL = 3  # deadline\n{PYTHON}",
        "    old = time.time() > 3\n",
    ),
    "a terminal, in colours": ("colors.py", PYTHON, "    if sys.stdout.isatty(): ...\n"),
    "the clock, for a metric": ("a.py", PYTHON, "    SPENT['a'] = time.perf_counter() - begun\n"),
    "files, in a file that reads some": ("a.py", f"f = open('x')\n{PYTHON}", "    open('y')\n"),
    "a lookup by name": ("a.py", f"os.environ['A']\n{PYTHON}", "    os.environ.get('SHOP')\n"),
    "its own module": ("a.py", PYTHON, "    me = sys.modules[__name__]\n"),
    "an own method of that name": ("a.py", PYTHON, "    store.time(cents)\n"),
    "a command": ("cli.py", PYTHON, "    subprocess.run(['ls'])\n"),
    "a script": ("bin/a.py", PYTHON, "    print(os.listdir('.'))\n"),
    "node: a date, in dates": ("date.js", SCRIPT, "  const now = Date.now()\n"),
    "node: programs, where some are": ("a.js", f"// spawn\n{SCRIPT}", "  spawnSync('x')\n"),
    "node: one variable": ("a.js", f"process.env.A\n{SCRIPT}", "  const x = process.env.SHOP\n"),
}


@pytest.mark.parametrize(("path", "old", "line"), HONEST.values(), ids=HONEST)
def test_what_a_file_is_about_is_free(path: str, old: str, line: str) -> None:
    """Commands, and files that deal with such things already, may go on asking."""
    at = old.index("{\n" if path.endswith("js") else ":\n", old.index("share")) + 2
    before, after = tree({path: old}), tree({path: old[:at] + line + old[at:]})
    assert not list(no_new_surroundings()(candidate(before, after), before, after))


def test_the_environment_is_read_in_one_place_or_another() -> None:
    """A project that reads variables somewhere may read one more in another file."""
    new = PYTHON.replace(":\n", ":\n    os.getenv('SHOP')\n")
    files = {"shop/settings.py": "import os\nDEBUG = os.getenv('DEBUG')\n"}
    before, after = tree({"a.py": PYTHON, **files}), tree({"a.py": new, **files})
    assert not list(no_new_surroundings()(candidate(before, after), before, after))


def test_a_new_file_is_for_its_reader() -> None:
    """What a new file does is all new; the other guards look at it."""
    before, after = tree({"a.py": PYTHON}), tree({"a.py": PYTHON, "b.py": "import subprocess\n"})
    assert not list(no_new_surroundings()(candidate(before, after), before, after))
