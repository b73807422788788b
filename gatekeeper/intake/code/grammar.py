"""The outline of a file by a tree-sitter grammar, where the extra `tree-sitter` is installed.

Nothing is fetched when it runs: each grammar is a package of its own, and one that is not there
is not used.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from gatekeeper.intake.code import text as layout
from gatekeeper.intake.code.outline import Definition


@dataclass(frozen=True, slots=True)
class _Language:
    """A package, the function that gives its grammar, and what its nodes mean."""

    package: str
    leaves: frozenset[str]  # functions, methods, variables
    owners: frozenset[str]  # classes and what else has members
    entry: str = "language"


def _language(package: str, leaves: str, owners: str, entry: str = "language") -> _Language:
    return _Language(package, frozenset(leaves.split()), frozenset(owners.split()), entry)


_SCRIPT = (
    "function_declaration generator_function_declaration method_definition lexical_declaration "
    "variable_declaration field_definition public_field_definition expression_statement "
    "type_alias_declaration enum_declaration function_signature",
    "class_declaration abstract_class_declaration interface_declaration internal_module module",
)
_C = (
    "function_definition declaration type_definition preproc_function_def enum_specifier",
    "class_specifier struct_specifier namespace_definition union_specifier",
)
_LANGUAGES: tuple[tuple[tuple[str, ...], _Language], ...] = (
    ((".js", ".mjs", ".cjs", ".jsx"), _language("tree_sitter_javascript", *_SCRIPT)),
    ((".ts", ".mts", ".cts"),
     _language("tree_sitter_typescript", *_SCRIPT, entry="language_typescript")),
    ((".tsx",), _language("tree_sitter_typescript", *_SCRIPT, entry="language_tsx")),
    ((".go",), _language(
        "tree_sitter_go",
        "function_declaration method_declaration type_declaration const_declaration "
        "var_declaration", "")),
    ((".java",), _language(
        "tree_sitter_java",
        "method_declaration constructor_declaration field_declaration "
        "compact_constructor_declaration",
        "class_declaration interface_declaration enum_declaration record_declaration "
        "annotation_type_declaration")),
    ((".rs",), _language(
        "tree_sitter_rust",
        "function_item const_item static_item type_item macro_definition",
        "impl_item trait_item mod_item struct_item enum_item")),
    ((".rb",), _language("tree_sitter_ruby", "method singleton_method assignment", "class module")),
    ((".php",), _language(
        "tree_sitter_php",
        "function_definition method_declaration property_declaration const_declaration",
        "class_declaration interface_declaration trait_declaration enum_declaration "
        "namespace_definition", entry="language_php")),
    ((".cs",), _language(
        "tree_sitter_c_sharp",
        "method_declaration constructor_declaration property_declaration field_declaration "
        "delegate_declaration operator_declaration",
        "class_declaration interface_declaration struct_declaration record_declaration "
        "enum_declaration namespace_declaration")),
    ((".kt", ".kts"), _language(
        "tree_sitter_kotlin",
        "function_declaration property_declaration secondary_constructor",
        "class_declaration object_declaration companion_object")),
    ((".c", ".h"), _language("tree_sitter_c", *_C)),
    ((".cc", ".cpp", ".cxx", ".hpp"), _language("tree_sitter_cpp", *_C)),
)  # fmt: skip

_WRAPPERS = frozenset({
    "export_statement", "ambient_declaration", "class_body", "interface_body", "statement_block",
    "enum_body", "enum_body_declarations", "declaration_list", "field_declaration_list",
    "body_statement", "template_declaration", "linkage_specification", "preproc_if",
    "preproc_ifdef", "else_clause", "preproc_else", "enum_class_body", "compound_statement",
    "file_scoped_namespace_declaration", "expression_statement", "ERROR",
})  # fmt: skip
_NAMES = ("name", "declarator", "left")
_DECLARING = ("declarator", "_spec", "_alias", "_element", "identifier", "declaration")
_DEEPEST = 12  # wrappers and classes in each other


def outline(path: str, text: str) -> tuple[Definition, ...] | None:
    """As `text.outline`, but by the language's grammar; None where no grammar is installed."""
    language = next((one for endings, one in _LANGUAGES if path.endswith(endings)), None)
    parser = _parser(language.package, language.entry) if language else None
    if language is None or parser is None:
        return None
    root = parser.parse(text.encode("utf-8", "replace")).root_node
    lines = text.split("\n")
    found = list(_definitions(root, language, lines, "", 0))
    between = layout.between(lines, found)
    return tuple(sorted((*found, *between), key=lambda one: (one.start, one.end)))


def endings(paths: Iterable[str]) -> tuple[str, ...]:
    """The endings of these files for which there are grammars, installed or not, in order."""
    there = {f".{path.rpartition('.')[2]}" for path in paths}
    return tuple(ending for endings_, _ in _LANGUAGES for ending in endings_ if ending in there)


def installed() -> tuple[str, ...]:
    """The endings of the files that are read by a grammar."""
    return tuple(
        ending
        for endings, one in _LANGUAGES
        if _parser(one.package, one.entry)
        for ending in endings
    )


@functools.cache
def _parser(package: str, entry: str) -> Any | None:
    try:
        bindings = importlib.import_module("tree_sitter")
        grammar = importlib.import_module(package)
        return bindings.Parser(bindings.Language(getattr(grammar, entry)()))
    except (ImportError, AttributeError, ValueError, TypeError):  # absent, or of another version
        return None


def _definitions(
    node: Any, language: _Language, lines: list[str], owner: str, depth: int
) -> Iterator[Definition]:
    for child in node.named_children if depth < _DEEPEST else ():
        if child.type in language.owners:
            yield from _owner(child, language, lines, owner, depth)
        elif child.type in language.leaves and (names := _names(child)):
            yield _made(child, lines, ".".join(filter(None, (_receiver(child) or owner, names[0]))),
                        names)  # fmt: skip
        elif child.type in _WRAPPERS:
            yield from _definitions(child, language, lines, owner, depth + 1)


def _owner(
    node: Any, language: _Language, lines: list[str], owner: str, depth: int
) -> Iterator[Definition]:
    names = _names(node)
    dotted = ".".join(filter(None, (owner, names[0] if names else "")))
    whole = _made(node, lines, dotted, names)
    if whole.start == whole.end and names:
        yield whole
        return
    inner = list(_definitions(node, language, lines, dotted, depth + 1))
    stop = min((one.start for one in inner), default=whole.end + 1) - 1
    if stop >= whole.start and names:
        yield layout.made(lines, dotted, whole.start - 1, stop - 1, names, header=True)
    yield from inner


def _made(node: Any, lines: list[str], name: str, binds: tuple[str, ...]) -> Definition:
    start, last = node.start_point[0], node.end_point[0]
    if node.end_point[1] == 0 and last > start:  # it ends with the line before
        last -= 1
    return layout.made(lines, name, layout.with_comment(lines, start, 0), last, binds)


def _names(node: Any) -> tuple[str, ...]:
    """What a definition binds: its own name, or those of the variables that it declares."""
    if node.type == "expression_statement":  # `exports.a = ...` defines, a call does not
        first = node.named_children[0] if node.named_children else None
        if first is None or first.type != "assignment_expression":
            return ()
        return _plain(first.child_by_field_name("left"))
    for field in ("type",) if node.type == "impl_item" else _NAMES:
        named = node.child_by_field_name(field)
        if named is not None:
            return _plain(named)
    declared: dict[str, None] = {}
    for child in node.named_children:
        if child.type.endswith(_DECLARING):
            declared |= dict.fromkeys(_names(child) or _plain(child))
    return tuple(declared)


def _plain(node: Any) -> tuple[str, ...]:
    """The last name in `a.b.c`, `*f(int a)`, `f<T>`: what others write to mean it."""
    for _ in range(_DEEPEST):
        further = next(
            (
                found
                for field in ("declarator", "property", "field", "name", "type")
                if (found := node.child_by_field_name(field)) is not None
            ),
            None,
        )
        if further is None:
            break
        node = further
    text = node.text.decode("utf-8", "replace").lstrip("#@:$") if node.text else ""
    return (text,) if text.replace("$", "_").isidentifier() else ()


def _receiver(node: Any) -> str:
    """Go: the type of which a function is a method."""
    receiver = node.child_by_field_name("receiver")
    text = receiver.text.decode("utf-8", "replace") if receiver is not None else ""
    return text.strip("() ").rpartition(" ")[2].lstrip("*").partition("[")[0] if text else ""
