"""What is kept of an answer, so that an earlier run can be judged again without a model.

`response.json` holds the body of the one response as it came; or, where an answer was given
back, was plain text or followed a plan, an object with every body and what was said between
(`exchanges`) and which candidates of which of them count (`kept`); or the drafts of a backend
that asks no model (`drafts`).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gatekeeper.domain import Draft, Edit

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Exchange:
    """One body that came, and what was said to the model after it.

    `form` is that of the text in it, `schema` or `text`; `plan` says that no edits were wanted.
    """

    body: bytes
    then_sent: str = ""
    form: str = "schema"
    plan: bool = False


@dataclass(frozen=True, slots=True)
class Exchanges:
    """Every exchange of a round; `answer` is the number of the one that is the answer, from 0.

    `kept` are the candidates that count, each as (exchange, candidate); None is all of the answer.
    """

    every: tuple[Exchange, ...]
    answer: int = -1
    kept: tuple[tuple[int, int], ...] | None = None


def dump_conversation(had: Exchanges) -> bytes:
    """A single plain body as it is; all else with what is needed to read it again."""
    if not had.every:
        return b""
    if had.every == (Exchange(had.every[0].body),) and had.kept is None:
        return had.every[0].body
    found: dict[str, Any] = {"gatekeeper": FORMAT, "exchanges": [_exchange(e) for e in had.every]}
    if had.answer >= 0:
        found["answer"] = had.answer
    if had.kept is not None:
        found["kept"] = [list(pair) for pair in had.kept]
    return _dump(found)


def dump_exchanges(bodies: Sequence[bytes], complaints: Sequence[str]) -> bytes:
    """One body as it is; several with what was said to the model after each."""
    said = (*complaints, *[""] * len(bodies))
    return dump_conversation(Exchanges(tuple(map(Exchange, bodies, said))))


def load_exchanges(stored: Mapping[str, Any]) -> Exchanges | None:
    """What `dump_conversation` wrote; None where `stored` is something else.

    Raises ValueError where it is damaged.
    """
    items = stored.get("exchanges")
    if not isinstance(items, list) or not items or "gatekeeper" not in stored:
        return None
    try:
        every = tuple(_loaded(item) for item in items)
        kept = stored.get("kept")
        pairs = None if kept is None else tuple((int(a), int(b)) for a, b in kept)
        answer = int(stored.get("answer", len(every) - 1))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"damaged exchanges: {error!r}") from None
    used = {answer, *(number for number, _ in pairs or ())}
    if not all(0 <= number < len(every) for number in used):
        raise ValueError("damaged exchanges: they name one that is not there")
    return Exchanges(every, answer, pairs)


def _exchange(had: Exchange) -> dict[str, Any]:
    more = {
        "then_sent": had.then_sent,
        "form": had.form if had.form != "schema" else "",
        "plan": had.plan,
    }
    return {"body": _readable(had.body), **{key: value for key, value in more.items() if value}}


def _loaded(item: Mapping[str, Any]) -> Exchange:
    body = item["body"]
    return Exchange(
        body.encode("utf-8", "replace") if isinstance(body, str) else _dump(body),
        str(item.get("then_sent", "")),
        "text" if item.get("form") == "text" else "schema",
        bool(item.get("plan")),
    )


def dump_drafts(backend: str, drafts: Sequence[Draft], facts: Mapping[str, Any]) -> bytes:
    """Drafts that no model wrote, and the facts behind them."""
    return _dump(
        {
            "gatekeeper": FORMAT,
            "backend": backend,
            **facts,
            "drafts": [_draft_object(draft) for draft in drafts],
        }
    )


def load_drafts(stored: Mapping[str, Any]) -> tuple[Draft, ...] | None:
    """Drafts that `dump_drafts` wrote; None where `stored` is something else.

    Raises ValueError where they are damaged.
    """
    if "gatekeeper" not in stored or not isinstance(stored.get("drafts"), list):
        return None
    try:
        return tuple(_draft(item) for item in stored["drafts"])
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"damaged draft: {error!r}") from None


def _draft_object(draft: Draft) -> dict[str, Any]:
    edits = [{"path": e.path, "search": e.search, "replace": e.replace} for e in draft.edits]
    try:
        diff = {"diff": draft.diff.decode("utf-8")}
    except UnicodeDecodeError:
        diff = {"diff_base64": base64.b64encode(draft.diff).decode("ascii")}
    return {"rationale": draft.rationale, "label": draft.label, "edits": edits, **diff}


def _draft(item: Mapping[str, Any]) -> Draft:
    encoded = item.get("diff_base64")
    diff = base64.b64decode(encoded) if encoded else str(item["diff"]).encode("utf-8")
    return Draft(
        edits=tuple(
            Edit(str(e["path"]), str(e["search"]), str(e["replace"])) for e in item["edits"]
        ),
        diff=diff,
        rationale=str(item["rationale"]),
        label=str(item["label"]),
    )


def _readable(body: bytes) -> object:
    """JSON as JSON, anything else as text, so that a person can read the file."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body.decode("utf-8", "replace")


def _dump(value: object) -> bytes:
    return json.dumps(value, indent=1).encode("ascii") + b"\n"
