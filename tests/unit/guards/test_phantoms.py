"""Symbols that do not exist, and code about which nothing can be said."""

from __future__ import annotations

import pytest

from gatekeeper.domain import Evidence, RunReport
from gatekeeper.guards.phantoms import known_symbols
from tests.support.trees import candidate, tree

CART = """import os
from shop import rates

class Cart:
    def __init__(self, items):
        self.items = items

    def total(self, rate=1):
        return sum(self.items) * rate

class Odd(Foreign):
    pass

def discount(price, percent, *, floor=0):
    return max(price - percent, floor)
"""
TREE = {
    "shop/__init__.py": "from shop.rates import RATE\n",
    "shop/cart.py": CART,
    "shop/rates.py": "RATE = 1\n\ndef rate_of(code):\n    return RATE\n",
    "shop/lazy.py": "def __getattr__(name):\n    return 1\n",
    "shop/table.py": "for n in 'ab':\n    globals()[n] = n\n",
    "shop/fast.c": "int main;\n",
    "shop/sub/__init__.py": "",
    "setup.py": "install_requires=['tabulate']\n",
    "tests/test_cart.py": "from shop.cart import Cart\n",
    "lib/cart.js": "const { rate } = require('./rates')\n",
    "lib/rates.js": "function rate() {}\nexports.rate = rate\nexports.list = []\n",
    "lib/esm.mjs": "export function total() {}\nexport const a = 1\nexport { a as b }\n",
    "lib/whole.js": "module.exports = { one, two: 2 }\n",
    "lib/star.mjs": "export * from './esm.mjs'\n",
    "lib/made.js": "module.exports = make()\n",
    "lib/ts.ts": "export type Rate = number\nexport interface Item {}\n",
}


def _levels(path: str, extra: str, installed: frozenset[str] | None) -> list[str]:
    before = tree(TREE)
    after = tree({**TREE, path: TREE.get(path, "") + extra})
    guard = known_symbols(Evidence(RunReport(), (), installed))
    found = list(guard(candidate(before, after), before, after))
    assert all(one.guard == "phantoms" and one.line and one.path == path for one in found)
    return [str(one.level) for one in found]


IMAGE = frozenset({"pytest", "tabulate", "yaml"})


@pytest.mark.parametrize(
    "extra",
    [
        "import pandas\n",
        "from moneylib import Money\n",
        "def f():\n    import moneylib.core\n",
        "import shop.money\n",
        "from shop.rates import vat_of\n",
        "from .rates import vat_of\n",
        "from .money import vat_of\n",
        "from . import money\n",
        "from shop import cart, moneyy\n",
        "def f():\n    return compute_total(1)\n",
        "x = [y for y in totals]\n",
        "class A:\n    x = 1\n    y = [x for _ in range(3)]\n",
        "def f():\n    return rates.vat_of(1)\n",
        "class B(Cart):\n    def f(self):\n        return self.itemz\n",
        "discount(1)\n",
        "discount(1, 2, 3)\n",
        "discount(1, 2, ceiling=3)\n",
        "Cart()\n",
        "Cart([], 1)\n",
        "class C:\n    def f(self, a):\n        return a\n    def g(self):\n"
        "        return self.f(1, 2)\n",
        "from shop.rates import rate_of\nrate_of(1, strict=True)\n",
    ],
)
def test_what_does_not_exist_is_blocked(extra: str) -> None:
    """Imports, names, attributes and arguments that are wholly known to be missing."""
    assert _levels("shop/cart.py", extra, IMAGE) == ["block"]


@pytest.mark.parametrize(
    "extra",
    [
        "import yaml, json, tomllib\n",
        "import tabulate\n",
        "import shop.sub, shop.fast\n",
        "try:\n    import pandas\nexcept ImportError:\n    pandas = None\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from moneylib import Money\n",
        "import sys\nif sys.version_info > (3, 20):\n    import moneylib\n",
        "from contextlib import suppress\nwith suppress(ImportError):\n    import moneylib\n",
        "from shop.lazy import anything\n",
        "from shop.table import a\n",
        "from shop import sub, cart, RATE\n",
        "from .rates import *\nprint(whatever)\n",
        "from ._version import version\n",
        "from .cart_pb2 import Message\n",
        "def f():\n    global made\n    made = 1\n\ndef g():\n    return made\n",
        "def f(a, *b, **c):\n    return [a for a in b if (d := a)] and d and c and __file__\n",
        "class A:\n    x = 1\n    y = [z for z in range(x)]\n    def f(self): return __class__\n",
        "try:\n    text = unicode\nexcept NameError:\n    text = str\n",
        "def f(x):\n    del x\n    for x in (1,): pass\n    return x\n",
        "import os.path as p\np.join('a')\nos.path.join('b')\n",
        "class B(Odd):\n    def f(self):\n        return self.anything\n",
        "class B:\n    def f(self):\n        return self.__class__.__name__\n",
        "class B:\n    def f(self):\n        return getattr(self, 'x', None) or self.x\n",
        "discount(1, 2)\ndiscount(1, percent=2, floor=1)\n",
        "discount(*args())\ndef args(): return 1, 2\n",
        "Cart(items=[])\nOdd(1, 2, 3)\n",
        "def f(discount):\n    return discount(1)\n",
        "@cached\ndef slow(a): return a\n\nslow(1, 2)\ndef cached(f): return f\n",
        "class C:\n    def f(self, a):\n        raise NotImplementedError\n    def g(self):\n"
        "        return self.f(1, 2)\n",
        "match RATE_OF:\n    case {'a': a, **rest}:\n        print(a, rest)\nRATE_OF = {}\n",
        "def f(a: 'Money') -> None: ...\n",
    ],
)
def test_what_may_exist_is_free(extra: str) -> None:
    """Guarded imports, dynamic modules, foreign bases, decorators and stars say nothing."""
    assert _levels("shop/cart.py", extra, IMAGE) == []


def test_an_unknown_image_only_warns() -> None:
    """Without the list of the image's modules a missing import is a question."""
    assert _levels("shop/cart.py", "import moneylib\n", None) == ["warn"]
    assert _levels("shop/cart.py", "import moneylib\n", frozenset()) == ["warn"]
    assert _levels("shop/cart.py", "import tabulate\n", None) == []


@pytest.mark.parametrize(
    ("path", "extra", "blocks"),
    [
        ("lib/cart.js", "const x = require('./money')\n", True),
        ("lib/cart.js", "const { vat } = require('./rates')\n", True),
        ("lib/cart.js", "const { three } = require('./whole')\n", True),
        ("lib/new.mjs", "import { totals } from './esm.mjs'\n", True),
        ("lib/new.mjs", "import x, { nothing as y } from './esm.mjs'\n", True),
        ("lib/new.mjs", "import './gone.mjs'\n", True),
        ("lib/new.ts", "import { Price } from './ts'\n", True),
        ("lib/new.ts", "import type { Rate, Price } from './ts.js'\n", True),
        ("lib/cart.js", "const { list, rate: r } = require('./rates.js')\n", False),
        ("lib/cart.js", "const { one, two } = require('./whole')\n", False),
        ("lib/new.mjs", "import { total, a, b } from './esm.mjs'\n", False),
        ("lib/new.mjs", "import { anything } from './star.mjs'\n", False),
        ("lib/cart.js", "const { anything } = require('./made')\n", False),
        ("lib/cart.js", "let x\ntry { x = require('./money') } catch {}\n", False),
        ("lib/cart.js", "const x = require('../dist/cart')\n", False),
        ("lib/cart.js", "// require('./money')\nconst fs = require('fs')\n", False),
        ("lib/cart.js", "import('./' + name)\nrequire(`./${name}`)\n", False),
        ("lib/new.ts", "import { Rate, Item } from './ts'\n", False),
        ("lib/new.ts", "import css from './style.css'\n", False),
    ],
)
def test_script_imports(path: str, extra: str, blocks: bool) -> None:
    """Relative files that are not there, and names that a plain module does not export."""
    assert _levels(path, extra, IMAGE) == (["block"] if blocks else [])
