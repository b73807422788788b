"""JavaScript and TypeScript: imports of files, and of names, that the tree does not have."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from gatekeeper.guards.changed import ChangedFile
from gatekeeper.guards.plain_code import blanked, language, uncommented
from gatekeeper.ports import Tree

_IMPORT = re.compile(
    r"(?:\bimport\b\s*(?P<type>type\b)?\s*(?:[\w$]+\s*,\s*)?(?:\{(?P<names>[^{}]*)\}|[\w$*\s]*?)\s*"
    r"\bfrom\s*|\bimport\s+|\bimport\(\s*|(?:\b(?:const|let|var)\s+\{(?P<taken>[^{}]*)\}\s*=\s*)?\brequire\(\s*)"
    r"[\"'](?P<where>\.{1,2}/[^\"'\n]*)[\"']"
)
_ENDINGS = (
    "", ".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx", ".mts", ".cts", ".json", ".node", ".d.ts",
    ".vue", ".svelte", "/index.js", "/index.mjs", "/index.cjs", "/index.ts", "/index.tsx",
    "/index.jsx", "/package.json",
)  # fmt: skip
_BUILT = frozenset({
    "dist", "build", "out", "generated", "__generated__", "gen", "coverage", "lib", "es", "esm",
    "cjs", "pkg", "node_modules", "types", ".next", "target",
})  # fmt: skip


def missing_exports(file: ChangedFile, after: Tree) -> Iterator[tuple[int, str, bool]]:
    """(line, the rest of a sentence, True) of what is imported and is not there."""
    if language(file.path) != "script":
        return
    code = uncommented(file.after, "script")
    for found in _IMPORT.finditer(code):
        first = code.count("\n", 0, found.start()) + 1
        line = code.count("\n", 0, found.end()) + 1
        if file.added.isdisjoint(range(first, line + 1)) or _guarded(code, found.start()):
            continue
        target = _resolve(file.path, found["where"], after)
        if target == "":
            yield line, f"imports `{found['where']}`, which does not exist", True
        elif target:
            for name in _names(found["names"] or found["taken"] or ""):
                if not re.search(rf"\b{re.escape(name)}\b", file.before) and _lacks(
                    target, name, after
                ):
                    yield line, f"imports `{name}`, which `{target}` does not export", True


def _guarded(code: str, at: int) -> bool:
    """Whether the import stands in a `try`."""
    return re.search(r"\btry\s*\{[^}]*\Z", code[max(0, at - 200) : at]) is not None


def _resolve(path: str, where: str, tree: Tree) -> str | None:
    """The imported file; "" where there is none; None where a build may make it."""
    written = re.split(r"[?#!]", where)[0]
    base = posixpath.normpath(posixpath.join(posixpath.dirname(path), written))
    present = tree.paths()
    stem, _, ending = base.rpartition(".")
    ends = [base + end for end in _ENDINGS]
    if ending in ("js", "mjs", "cjs", "jsx"):
        ends += [f"{stem}.{one}" for one in ("ts", "tsx", "mts", "cts", "d.ts")]
    for candidate in ends:
        if candidate.lstrip("/") in present:
            return candidate
    known = re.fullmatch(r"[\w$-]+", base.rpartition("/")[2].replace(".", "_")) is not None
    other = "." in base.rpartition("/")[2] and ending not in ("js", "mjs", "cjs", "ts", "json")
    if base.startswith("..") or base == "." or not known or other:
        return None
    near = any(one.startswith((f"{base}/", f"{base}.")) for one in present)
    return None if near or _made_later(base, present) else ""


def _made_later(base: str, present: frozenset[str]) -> bool:
    """Whether the file lies in a folder that only a build makes."""
    parts = base.split("/")
    folders = ["/".join(parts[: at + 1]) for at, part in enumerate(parts) if part in _BUILT]
    return any(not any(one.startswith(f"{folder}/") for one in present) for folder in folders)


def _names(written: str) -> Iterator[str]:
    for part in written.split(","):
        name = re.split(r"\s+as\s+|:|=", part.strip())[0].strip()
        if re.fullmatch(r"[\w$]+", name) and name != "default":
            yield name


# --- what a file exports -----------------------------------------------------------------

_UNKNOWN = re.compile(
    r"\bexport\s*\*|\bexports\s*\[|Object\.(?:assign|defineProperty|defineProperties|entries|keys)"
    r"\s*\(\s*(?:module\.)?exports|\bexport\s+(?:const|let|var)\s*[\[{]|\bexport\s*=|__exportStar"
    r"|\bexports\s*=(?!=|\s*(?:\{|module\.exports\b|exports\b))|\.\.\.|\bexport\s+import\b"
    r"|\(\s*(?:module\.)?exports\s*\)|\bdefine\s*\("
)
_EXPORTED = re.compile(
    r"\bexport\s+(?:default\s+)?(?:declare\s+)?(?:abstract\s+)?(?:async\s+)?(?:const\s+enum|function\*?|class|"
    r"const|let|var|type|interface|enum|namespace|module)\s*\*?\s*(?P<one>[\w$]+)"
    r"|\bexports\.(?P<set>[\w$]+)\s*="
)
_LISTS = re.compile(
    r"\bexport\s*(?:type\s*)?\{(?P<list>[^{}]*)\}|\bmodule\.exports\s*=\s*\{(?P<object>[^{}]*)\}"
)


def _lacks(path: str, name: str, tree: Tree) -> bool:
    """Whether the file has plain exports, and none of this name."""
    if language(path) != "script" or path.endswith((".vue", ".svelte")):
        return False
    code = blanked((tree.read(path) or b"").decode("utf-8", "replace"), "script")
    if _UNKNOWN.search(code):
        return False
    names = {found["one"] or found["set"] for found in _EXPORTED.finditer(code)}
    for found in _LISTS.finditer(code):
        for part in (found["list"] or found["object"] or "").split(","):
            names.update(re.findall(r"[\w$]+", part))
    whole = re.search(r"\bexports\s*=\s*\{", code) is None or _LISTS.search(code) is not None
    return bool(names) and whole and name not in names
