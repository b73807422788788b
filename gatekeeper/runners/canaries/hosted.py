"""PHPUnit and RSpec: a file beside that of a failing test."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gatekeeper.domain import CaseId, CaseResult, CaseState, Overlay
from gatekeeper.ports import Tree
from gatekeeper.runners.canaries.python import beside_of
from gatekeeper.runners.gatemade import Canary, Names, text_of
from gatekeeper.runners.places import php_files, said_file

NONE = "no file of a failing test is known, beside which the runner would find another"


def phpunit(failing: Sequence[CaseResult], tree: Tree, names: Names) -> Canary | str:
    """A class in the namespace of a failing one."""
    path = next((path for case in failing for path in php_files(case, tree)), None)
    if path is None:
        return NONE
    namespace = re.search(r"(?m)^\s*namespace\s+[\w\\]+;", text_of(tree, path))
    folder, slash, name = path.rpartition("/")
    built = re.fullmatch(r"(.+?)(Test)?\.php", name)
    stem, after = (built[1], built[2] or "") if built else ("Keeps", "Test")
    owner = f"{stem}{names.letters('class').title()}{after}"
    red, control = (f"testKeeps{names.letters(which).title()}" for which in ("red", "control"))
    given = names.number("a") % 1000
    methods = "".join(
        f"    public function {method}(): void\n    {{\n"
        f"        $this->assertSame({wanted}, {given} + 1);\n    }}\n"
        for method, wanted in {control: given + 1, red: given + 2}.items()
    )
    head = f"{namespace[0].strip()}\n\n" if namespace else ""
    text = f"<?php\n\n{head}class {owner} extends \\PHPUnit\\Framework\\TestCase\n{{\n{methods}}}\n"
    cases = tuple(CaseResult(CaseId(owner, each), CaseState.FAILURE) for each in (red, control))
    return Canary(Overlay(f"{folder}{slash}{owner}.php", text.encode()), red, control, cases)


def rspec(failing: Sequence[CaseResult], tree: Tree, names: Names) -> Canary | str:
    """An example group of its own."""
    path = next((said for case in failing if (said := said_file(case, tree.paths()))), None)
    if path is None:
        return NONE
    beside = beside_of(path, names.letters("file"))
    red, control = (f"keeps {names.letters(which)}" for which in ("red", "control"))
    given = names.number("a") % 1000
    examples = "".join(
        f"  it '{name}' do\n    expect({given} + 1).to eq({wanted})\n  end\n"
        for name, wanted in {control: given + 1, red: given + 2}.items()
    )
    text = f"RSpec.describe '{names.letters('group')}' do\n{examples}end\n"
    cases = tuple(
        CaseResult(CaseId("", each), CaseState.FAILURE, file=beside) for each in (red, control)
    )
    return Canary(Overlay(beside, text.encode()), red, control, cases)
