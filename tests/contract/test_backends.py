"""What every backend promises, whoever it asks: one suite over all of them."""

import ast
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

import gatekeeper.backends
from gatekeeper.backends.codex import CodexBackend
from gatekeeper.backends.replay import ReplayBackend, read_stored
from gatekeeper.backends.responses import ResponsesBackend
from gatekeeper.backends.search import SearchBackend
from gatekeeper.domain import Context, Draft, Proposal, Request
from gatekeeper.errors import BackendError
from gatekeeper.ports import Backend
from tests.support.codex_cli import cli
from tests.support.llm_server import (
    LlmServer,
    answer,
    llm_server,
    outage,
    raw_server,
    reply,
    response,
)

ANSWERS = [answer([("a.py", "x", f"y{n}")], [("b.py", "", f"new {n}\n")]) for n in (1, 2)]
Make = Callable[[], Backend]


def ask(backend: Backend, number: int) -> Proposal:
    return backend.propose(Request(Context("# FAILURE\n"), number, candidates=2))


@pytest.fixture(scope="module")
def llmock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlmServer]:
    with llm_server(tmp_path_factory.mktemp("llmock") / "log") as running:
        yield running


WITH_A_MODEL = {"responses", "codex"}
CODEX = pytest.param("codex", marks=pytest.mark.npm)


@pytest.fixture(params=["responses-llmock", "responses-raw", CODEX, "replay", "search"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Make]:
    """A factory: each call gives a backend that answers as if nobody had asked before."""
    with ExitStack() as stack:

        def over_llmock() -> Backend:
            server: LlmServer = request.getfixturevalue("llmock")
            server.script(*map(reply, ANSWERS))
            return ResponsesBackend("sk-key", "model", server.base_url, tries=1)

        def over_cli() -> Backend:
            server: LlmServer = request.getfixturevalue("llmock")
            server.script(*map(reply, ANSWERS))
            return CodexBackend("sk-key", "model", server.base_url, tries=1, search_path=cli())

        def over_raw() -> Backend:
            server = stack.enter_context(raw_server(*map(response, ANSWERS)))
            return ResponsesBackend("sk-key", "model", server.base_url, tries=1)

        def replayed() -> Backend:
            for number, text in enumerate(ANSWERS, start=1):
                place = tmp_path / "attempts" / f"{number:02d}"
                place.mkdir(parents=True, exist_ok=True)
                (place / "response.json").write_text(text)
            return ReplayBackend(tmp_path)

        def searched() -> Backend:
            def render(hunks: object) -> Draft:
                return Draft(diff=f"revert {hunks}".encode())

            return SearchBackend("abcdef", lambda h, _: "b" in h or {"c", "e"} <= set(h), render)

        yield {
            "responses-llmock": over_llmock,
            "responses-raw": over_raw,
            "codex": over_cli,
            "replay": replayed,
            "search": searched,
        }[request.param]


def test_it_has_a_name_that_settings_can_hold(make: Make) -> None:
    """`backend.name` selects it."""
    assert make().name in {"responses", "codex", "replay", "search"}


def test_a_proposal_has_drafts_with_content_and_bytes_to_store(make: Make) -> None:
    """Every draft has edits or a diff and a reason; raw is what the artifacts keep."""
    proposal = ask(make(), 1)
    assert 0 < len(proposal.drafts) <= 2
    assert all(bool(d.edits) != bool(d.diff) for d in proposal.drafts)
    assert all(d.rationale for d in proposal.drafts)
    assert json.loads(proposal.raw)
    assert proposal.raw_name == "response.json"


def test_what_was_stored_gives_the_same_drafts_again(make: Make) -> None:
    """Replay needs nothing but the raw bytes, whoever answered."""
    proposal = ask(make(), 1)
    assert read_stored(proposal.raw, proposal.raw_name).drafts == proposal.drafts


def test_the_same_rounds_give_the_same_drafts(make: Make) -> None:
    """Nothing random on our side: same answers, same drafts in the same order."""
    one = make()
    first = [ask(one, number).drafts for number in (1, 2)]
    other = make()
    assert [ask(other, number).drafts for number in (1, 2)] == first


def test_rounds_do_not_repeat_themselves(make: Make) -> None:
    """The second round brings other drafts than the first, or says that nothing new comes."""
    backend = make()
    first, second = ask(backend, 1), ask(backend, 2)
    assert not set(first.drafts) & set(second.drafts)
    assert second.drafts or second.exhausted


def test_it_is_exhausted_once_it_has_nothing_new(make: Make) -> None:
    """Replay and search end by themselves; a model never says so."""
    backend = make()
    if backend.name in WITH_A_MODEL:
        assert not ask(backend, 1).exhausted
        return
    proposals = [ask(backend, number) for number in range(1, 6)]
    assert proposals[-1].exhausted
    assert not proposals[-1].drafts
    assert proposals[-1].notes
    assert read_stored(proposals[-1].raw, "response.json").drafts == ()


def test_usage_is_counted_where_something_was_asked(make: Make) -> None:
    """Requests are those that went out; a backend without a model has none and spends nothing."""
    backend = make()
    usage = ask(backend, 1).usage
    assert usage.requests == (1 if backend.name in WITH_A_MODEL else 0)
    assert (usage.output_tokens is None) is (backend.name not in WITH_A_MODEL)


def test_a_backend_that_cannot_answer_raises_with_a_hint(llmock: LlmServer, tmp_path: Path) -> None:
    """BackendError, exit code 5, and what to do about it."""
    llmock.script(outage(500))
    for backend in (
        ResponsesBackend("sk-key", "model", llmock.base_url, tries=1),
        CodexBackend("sk-key", "model", llmock.base_url, tries=1, search_path=str(tmp_path)),
        ReplayBackend(tmp_path / "nothing"),
    ):
        with pytest.raises(BackendError) as caught:
            ask(backend, 1)
        assert caught.value.hint
        assert caught.value.exit_code == 5


def test_importing_the_backends_imports_no_sdk() -> None:
    """Half a second of imports is spent only where a model is asked: nothing at module level."""
    folder = Path(gatekeeper.backends.__file__).parent
    for path in folder.rglob("*.py"):
        for node in ast.parse(path.read_text("utf-8")).body:
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            heavy = {"openai", "tenacity", "httpx2", "pydantic"}
            assert not heavy & {name.split(".")[0] for name in names}, path.name
