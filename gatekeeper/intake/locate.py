"""Whose file a path means, as somebody wrote it: ours, a package's, the language's own."""

from __future__ import annotations

import posixpath
import re
import urllib.parse
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

from gatekeeper.domain import Origin
from gatekeeper.intake.places import is_vendored

_LIBRARY = re.compile(
    r"^<|^node:|^internal/|^/rustc/|/\.rustup/|/go/src/(?:runtime|testing|internal)/|"
    r"/usr/local/go/|/usr/lib/go|/go/[\d.]+/x64/src/|^(?:_testmain|testing)\.go$|/(?:lib|lib64)/python\d|"
    r"/lib/ruby/\d|^/usr/include/|(?:^|/)libsanitizer/|^(?:\.\.?/)*(?:sysdeps|csu|nptl)/|/compiler-rt/|"
    r"^(?:java|javax|jdk|sun|com/sun|kotlin|scala|groovy|System|Microsoft)/|^/_/src/"
)
_PACKAGE = re.compile(
    r"(?:^|/)node_modules/|site-packages/|dist-packages/|/\.m2/|/pkg/mod/|/\.cargo/(?:registry|git)/|"
    r"/ruby/gems/|/ruby/vendor_ruby/|/gems/[\w.-]+-\d|^phar://|^/usr/(?:lib|share)/|(?:^|/)vendor/|"
    r"^(?:org/junit|junit|org/testng|org/mockito|org/hamcrest|org/assertj|org/opentest4j|"
    r"org/apache|org/gradle|org/springframework|com/google/common|io/kotest)/"
)
_INSTALLED = re.compile(r".*(?:site-packages|dist-packages)/")
_LOOSE = (".kt", ".scala", ".groovy", ".cs")  # the folder need not be the package


class Locator:
    """Maps a path as somebody wrote it to the file of the workspace that it means."""

    def __init__(self, known: Collection[str], roots: Sequence[str]) -> None:
        self._known = known if isinstance(known, (set, frozenset)) else frozenset(known)
        self._roots = tuple(root.rstrip("/") + "/" for root in roots if root.strip("/"))
        self._by_name: dict[str, list[str]] = {}
        for path in self._known:
            self._by_name.setdefault(path.rpartition("/")[2], []).append(path)

    def also(self, roots: Sequence[str]) -> Locator:
        """The same with more folders at which the workspace may have been."""
        if not roots:
            return self
        more = Locator((), (*self._roots, *roots))
        more._known, more._by_name = self._known, self._by_name
        return more

    def roots_of(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Where the workspace was, by paths whose ends fit one file of it in at least two parts."""
        found: Counter[str] = Counter()
        for written in dict.fromkeys(paths):
            path = _plain(written)
            known = self._by_suffix(path) if path.startswith("/") else None
            if known and "/" in known and path.endswith(f"/{known}"):
                found[path[: -len(known)]] += 1
        return tuple(root for root, _ in found.most_common(2) if root.strip("/"))

    def locate(self, written: str) -> tuple[str, bool]:
        """(workspace path, True), or (the path as written, False) where it is not ours."""
        path, origin = self.place(written)
        return path, origin is Origin.OURS

    def place(self, written: str) -> tuple[str, Origin]:
        """The workspace's path where there is one, else the path as written; and whose it is."""
        path = _plain(written)
        found = self._under_root(path) or self._by_suffix(path)
        if found is not None:
            return found, Origin.VENDORED if is_vendored(found) else Origin.OURS
        if _PACKAGE.search(path) and not path.startswith("/usr/lib/go"):
            return path, Origin.LIBRARY if _own_library(path) else Origin.VENDORED
        return path, Origin.LIBRARY if _LIBRARY.search(path) else Origin.UNKNOWN

    def _under_root(self, path: str) -> str | None:
        for root in ("", *self._roots):
            if root and not path.startswith(root):
                continue
            inside = path[len(root) :]
            if inside in self._known:
                return inside
        return None

    def _by_suffix(self, path: str) -> str | None:
        enough = 1
        if _LIBRARY.search(path) or _PACKAGE.search(path):
            # An installed copy of the project's own package; nothing else out there is ours.
            if not _INSTALLED.match(path):
                return self._vendored(path)
            path, enough = _INSTALLED.sub("", path), 2
        for spelled in _spellings(path):
            found = self._longest(spelled, enough)
            if found:
                return found
        return None

    def _vendored(self, path: str) -> str | None:
        """A package that lies in the workspace: the whole of what follows its folder must fit."""
        inside = re.search(r"(?:^|/)((?:node_modules|vendor)/.+)", path)
        found = self._longest(inside[1], 3) if inside else None
        return found if found and is_vendored(found) else None

    def _longest(self, path: str, enough: int) -> str | None:
        wanted = path.strip("/").split("/")
        shared = {
            known: _shared_tail(wanted, known.split("/"))
            for known in self._by_name.get(wanted[-1], ())
        }
        best = max(shared.values(), default=0)
        winners = [known for known, length in shared.items() if length == best]
        if len(winners) != 1 or best < enough:
            return None
        whole = best == len(wanted) or best == len(winners[0].split("/"))
        loose = path.endswith(_LOOSE) and not path.startswith("/") and len(shared) == 1
        return winners[0] if whole or best >= 2 or loose else None


def _own_library(path: str) -> bool:
    """Debian puts the standard libraries of Python, Ruby and Go below /usr/lib."""
    packaged = ("site-packages/", "dist-packages/", "node_modules/", "/gems/", "/vendor_ruby/")
    return _LIBRARY.search(path) is not None and not any(part in path for part in packaged)


def _plain(written: str) -> str:
    """The path without scheme, query, percent escapes, backslashes and dots."""
    path = written.strip().replace("\\", "/")
    scheme, found, rest = path.partition("://")
    if found and scheme != "phar":
        path = rest if scheme in ("file", "webpack", "webpack-internal") else "/" + rest
        path = urllib.parse.unquote(path.partition("?")[0])
    path = re.sub(r"\?[^/]*$", "", path)
    if found and scheme == "phar":
        return path
    return posixpath.normpath(path) if path else path


def _spellings(path: str) -> Iterator[str]:
    """The path, then what a compiled file may have been before, or another language's class."""
    yield path
    stem, _, extension = path.rpartition(".")
    if extension in ("js", "mjs", "cjs", "jsx"):
        for source in ("ts", "tsx", "mts", "cts", "jsx"):
            yield f"{stem}.{source}"


def _shared_tail(one: Sequence[str], other: Sequence[str]) -> int:
    length = 0
    for left, right in zip(reversed(one), reversed(other), strict=False):
        if left != right:
            break
        length += 1
    return length
