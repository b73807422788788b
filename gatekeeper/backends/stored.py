"""What is kept of an answer, so that an earlier run can be judged again without a model.

`response.json` holds the body of the one response as it came; or, where an unusable answer was
given back, an object with every body and complaint (`exchanges`); or the drafts of a backend
that asks no model (`drafts`).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from gatekeeper.domain import Draft, Edit

FORMAT = 1


def dump_exchanges(bodies: Sequence[bytes], complaints: Sequence[str]) -> bytes:
    """One body as it is; several with what was said to the model after each."""
    if len(bodies) < 2:
        return bodies[0] if bodies else b""
    exchanges: list[dict[str, Any]] = []
    for number, body in enumerate(bodies):
        said = complaints[number] if number < len(complaints) else ""
        exchanges.append({"body": _readable(body), **({"then_sent": said} if said else {})})
    return _dump({"gatekeeper": FORMAT, "exchanges": exchanges})


def last_body(stored: Mapping[str, Any]) -> bytes | None:
    """The last body of stored `exchanges`; None where `stored` is something else."""
    exchanges = stored.get("exchanges")
    if not isinstance(exchanges, list) or not exchanges or "gatekeeper" not in stored:
        return None
    body = exchanges[-1].get("body") if isinstance(exchanges[-1], dict) else None
    return body.encode("utf-8", "replace") if isinstance(body, str) else _dump(body)


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
