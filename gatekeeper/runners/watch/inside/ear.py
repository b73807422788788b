"""The audit hook: it alone holds the key, the stream and the fingerprint.

The hooks that pytest calls speak to it by an audit event of an unpredictable name. Whatever is
told is on its way out of the sandbox before the code under test goes on.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import os
import secrets
import sys
from _thread import allocate_lock, get_ident
from typing import Any, Callable, Dict, FrozenSet, Set, Tuple

from . import contacts, modules
from .integrity import Fingerprint
from .orders import Order
from .places import PRODUCT, Places
from .stream import opened

Words = Tuple[Any, ...]
Tell = Callable[..., None]
Heard = Callable[[str, Any, Words], None]
"""Takes what was done, the frame in which it happened, and the arguments of the event."""


def listen(order: Order, speakers: FrozenSet[Any]) -> str:
    """Install the hook. Returns the name of the event by which code of `speakers` speaks to it."""
    event = f"pytest.{secrets.token_hex(8)}"
    write, stream = opened(order)
    tell = _once(write)
    places = Places(order.root)
    commands = _commands(order._replace(stream=stream), tell, places)
    reactions: Dict[str, Tuple[contacts.Reaction, Heard]] = {
        name: (react, _contact(through, places, tell))
        for name, (react, through) in contacts.table(order.root, order.tools).items()
    }
    _between(reactions, commands["check"], places)
    reactions[event] = (contacts.saying(event), _spoken(commands, speakers, places, tell))
    tell("begin", sys.version.split()[0])
    sys.addaudithook(_hook(reactions, tell))
    return event


def _between(
    reactions: Dict[str, Tuple[contacts.Reaction, Heard]], check: Tell, places: Places
) -> None:
    """Look when pytest goes on after product code was loaded, before it makes a report of that.

    pytest reads the code of what it collects, which is an event: nobody has to speak for it.
    """
    loaded: Set[str] = set()
    asked = reactions["object.__getattr__"]

    def loads(args: Words) -> str:
        path = getattr(args[0], "co_filename", "")
        if places.kind(path) == PRODUCT:
            loaded.add(path)
        return ""

    def reads(args: Words) -> str:
        return LOOK if loaded and args[1] == "__code__" else asked[0](args)

    def heard(what: str, frame: Any, args: Words) -> None:
        if what != LOOK:
            asked[1](what, frame, args)
        elif not places.within(frame):
            loaded.clear()
            check(True)

    reactions["exec"] = (loads, heard)
    reactions["object.__getattr__"] = (reads, heard)


LOOK = "look"


def _once(write: Tell) -> Tell:
    """One line out at a time; what was said of contacts and tampering once is not said again."""
    lock = allocate_lock()
    said: Set[Words] = set()

    def tell(kind: str, *values: str) -> None:
        if kind in ("contact", "tamper"):
            if (kind, *values) in said:
                return
            said.add((kind, *values))
        with lock:
            write(kind, *values)

    return tell


def _hook(
    reactions: Dict[str, Tuple[contacts.Reaction, Heard]], tell: Tell
) -> Callable[[str, Words], None]:
    """What Python calls for each event; quick for nearly all of them."""
    busy: Set[int] = set()
    pid = os.getpid()
    # What the code under test could replace later is bound now.
    getframe, thread, process, known = sys._getframe, get_ident, os.getpid, reactions.get

    def hear(name: str, args: Words) -> None:
        found = known(name)
        if found is None:
            return
        what = found[0](args)
        if not what:
            return
        me = thread()
        if me in busy or process() != pid:  # our own doing, or a forked child's
            return
        busy.add(me)
        try:
            found[1](what, getframe(1), args)
        except OSError:
            return  # nobody reads: the record stays incomplete, and that is what the gate sees
        except Exception as error:  # noqa: BLE001 - it must not end what the project does
            tell("fault", type(error).__name__)
        finally:
            busy.discard(me)

    return hear


def _contact(through: contacts.Through, places: Places, tell: Tell) -> Heard:
    def heard(what: str, frame: Any, _: Words) -> None:
        at = places.actor(frame, through)
        if at is not None:
            code = at.f_code
            tell("contact", what, places.relative(code.co_filename), code.co_name)

    return heard


def _spoken(
    commands: Dict[str, Tell], speakers: FrozenSet[Any], places: Places, tell: Tell
) -> Heard:
    def heard(_: str, frame: Any, args: Words) -> None:
        if frame.f_code in speakers:
            commands[args[0]](*args[1:])
        else:
            code = (places.actor(frame, contacts.alone) or frame).f_code
            tell("contact", contacts.FORGES, places.relative(code.co_filename), code.co_name)

    return heard


def _commands(order: Order, tell: Tell, places: Places) -> Dict[str, Tell]:
    """What the hooks of pytest may ask for."""
    taken = Fingerprint(places, lambda what, file, name: tell("tamper", what, file, name))

    def collected(test_modules: Any) -> None:
        taken.check(True)
        taken.extend()
        taken.lend(test_modules)

    def end(status: str) -> None:
        taken.check(True, everything=True)
        for names in modules.importable() if order.modules else ():
            tell("modules", names)
        for what, file, name in modules.at_hand(places):
            tell("contact", what, file, name)
        tell("end", status)

    return {
        "case": lambda *values: tell("case", *values),
        "raised": lambda *values: tell("raised", *values),
        "check": taken.check,
        "loaded": taken.loaded,
        "collected": collected,
        "replaced": lambda what, value: tell("tamper", what, *taken.origin(value)),
        "workers": lambda count: modules.orders(order, count),
        "end": end,
    }
