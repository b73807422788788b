"""Failing projects with a git history, and the programs that run the pipeline templates on them."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import images

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "templates" / "analyze-failure.yml"
GATEKEEPER_IMAGE = os.environ.get("GATEKEEPER_TEST_IMAGE", "gatekeeper:test")
PYTHON_IMAGE = images.PYTHON
TRANSFER_IMAGE = "gatekeeper-test/transfer"
REMOTE = "git@gitlab.example:group/project.git"

TEST_COMMAND = """FLAGS=-q; python3 -m pytest $FLAGS --junitxml={junit} # "$HOME": `as` 'written'"""
"""Survives only where no layer between template and sandbox expands or splits it."""

GOOD = """\
def total(prices, discount=0):
    return sum(prices) - discount


def label(name):
    return name.strip()
"""
BAD = GOOD.replace("- discount", "+ discount").replace("name.strip()", "name.strip().title()")
TESTS = """\
from shop import label, total


def test_total():
    assert total([2, 3]) == 5


def test_discount():
    assert total([10], discount=4) == 6


def test_label():
    assert label(" tea ").lower() == "tea"
"""


@dataclass(frozen=True)
class Project:
    """A git repository whose head breaks one test, and the last good commit before it."""

    folder: Path
    base: str
    head: str


def git(folder: Path, *args: str) -> str:
    """Standard output of git in `folder`, as an author that needs no configuration."""
    identity = ["-c", "user.name=A", "-c", "user.email=a@example", "-c", "commit.gpgsign=false"]
    done = subprocess.run(
        ["git", *identity, *args], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def failing_project(folder: Path, files: Mapping[str, str] | None = None) -> Project:
    """Write the project into `folder`; `files` are further files of both commits."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "-q", "-b", "main", ".")
    common = {"test_shop.py": TESTS, ".gitignore": "junit.xml\n__pycache__/\n"}
    base = commit(folder, {"shop.py": GOOD, **common, **(files or {})}, "Prices and labels")
    head = commit(folder, {"shop.py": BAD}, "Titles on labels")
    git(folder, "remote", "add", "origin", REMOTE)
    git(folder, "update-ref", "refs/remotes/origin/main", base)
    git(folder, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    return Project(folder, base, head)


def commit(folder: Path, files: Mapping[str, str], message: str) -> str:
    """Write `files`, commit everything, and return the commit."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", message)
    return git(folder, "rev-parse", "HEAD")


def give_to(folder: Path, user: int) -> None:
    """Hand the checkout to another user, as an agent's checkout belongs to the agent."""
    for path in (folder, Path(f"{folder}@tmp"), *folder.rglob("*")):
        os.chown(path, user, user, follow_symlinks=False)
    for parent in folder.parents:  # pytest's folders are closed to others
        if parent == parent.parent or parent.stat().st_mode & 0o001:
            break
        parent.chmod(parent.stat().st_mode | 0o011)


# --- GitLab -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Job:
    """How gitlab-ci-local says that a job ended: OK, WARN or FAIL, and its exit code."""

    state: str
    exit_code: int


@dataclass(frozen=True)
class Pipeline:
    """One run of gitlab-ci-local; `jobs` holds those that ran."""

    exit_code: int
    stdout: str
    log: str
    jobs: Mapping[str, Job]


_ENDED = re.compile(r"^(\S+)\s+finished in .*?(?:(WARN|FAIL)\s+(\d+)\s*)?$", re.MULTILINE)
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def gitlab_ci_local(folder: Path, *args: str) -> Pipeline:
    """Run the pipeline in `folder`; standard output and error are both in the log."""
    modules = ROOT / ".cache" / "npm-tools" / "node_modules"
    program = [modules / ".bin" / "node", modules / "gitlab-ci-local" / "dist" / "index.js"]
    home = folder.parent / "home"  # no file of the developer's own home takes part
    home.mkdir(exist_ok=True)
    done = subprocess.run(
        [*map(str, program), *args],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    log = _COLOUR.sub("", done.stdout + done.stderr)
    jobs = {name: Job(state or "OK", int(code or 0)) for name, state, code in _ENDED.findall(log)}
    return Pipeline(done.returncode, done.stdout, log, jobs)


def expanded(folder: Path) -> str:
    """The pipeline with includes, inputs and extends resolved, as YAML."""
    pipeline = gitlab_ci_local(folder, "--preview")
    if pipeline.exit_code != 0:
        raise ValueError(pipeline.log)
    return pipeline.stdout


def docker_arguments(project: Project) -> list[str]:
    """What every run in containers needs, and what GitLab says of a push to a branch."""
    said = {"GITLAB_CI": "true", "CI_COMMIT_BEFORE_SHA": project.base}
    variables = [f"--variable={name}={value}" for name, value in said.items()]
    return ["--helper-image", TRANSFER_IMAGE, "--pull-policy", "if-not-present", *variables]


# --- images that the runner itself needs ------------------------------------------------


def transfer_image() -> str:
    """Image with this machine's bash, coreutils and rsync: gitlab-ci-local copies files with it."""
    if has_image(TRANSFER_IMAGE):
        return TRANSFER_IMAGE
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for path in sorted(_with_libraries(["bash", "sh", "rsync", *_coreutils()])):
            tar.add(path.resolve(), arcname=str(path).lstrip("/"), recursive=False)
        folder = tarfile.TarInfo("tmp")
        folder.type, folder.mode = tarfile.DIRTYPE, 0o1777
        tar.addfile(folder)
    docker("import", "-", TRANSFER_IMAGE, stdin=archive.getvalue())
    return TRANSFER_IMAGE


def dind_stand_in() -> str:
    """Image of tls_proxy.py: a service that is Docker with TLS, without a privileged container."""
    name = "gatekeeper-test/dind-stand-in"
    proxy = Path(__file__).with_name("tls_proxy.py").read_bytes()
    recipe = f"""FROM {PYTHON_IMAGE}
COPY tls_proxy.py /tls_proxy.py
USER 0
ENTRYPOINT ["python3", "/tls_proxy.py", "/engine/docker.sock"]
EXPOSE 2376
""".encode()
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for path, content in (("tls_proxy.py", proxy), ("Dockerfile", recipe)):
            entry = tarfile.TarInfo(path)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    docker("build", "-q", "-t", name, "-", stdin=archive.getvalue())
    return name


def write_certificates(folder: Path) -> None:
    """What docker:dind writes below /certs: an authority, a server `docker`, a client."""
    for part in ("server", "client"):
        (folder / part).mkdir(parents=True)
    key = ["-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout"]
    authority = [str(folder / "server" / "ca.pem"), str(folder / "ca-key.pem")]
    _openssl("req", "-x509", *key, authority[1], "-out", authority[0], "-subj", "/CN=test CA")
    shutil.copy(authority[0], folder / "client" / "ca.pem")
    for part in ("server", "client"):
        place = folder / part
        request = ["-out", str(place / "request.pem"), "-subj", "/CN=docker"]
        _openssl("req", *key, str(place / "key.pem"), *request)
        (place / "names").write_text("subjectAltName=DNS:docker\n")
        signed = ["-in", str(place / "request.pem"), "-out", str(place / "cert.pem")]
        by = ["-CA", authority[0], "-CAkey", authority[1], "-CAcreateserial", "-days", "2"]
        _openssl("x509", "-req", *signed, *by, "-extfile", str(place / "names"))


def _openssl(*args: str) -> None:
    subprocess.run(["openssl", *args], check=True, capture_output=True)


def _coreutils() -> list[str]:
    return ["cat", "chmod", "chown", "cp", "ls", "mkdir", "mv", "rm", "sleep", "true", "find"]


def _with_libraries(programs: Sequence[str]) -> Iterator[Path]:
    """Each program under /usr/bin and /bin, and the libraries that it loads, at their paths."""
    seen: set[Path] = set()
    for name in programs:
        found = Path(shutil.which(name) or f"/bin/{name}")
        seen |= {Path("/bin") / name, Path("/usr/bin") / name}
        listed = subprocess.run(["ldd", str(found)], capture_output=True, text=True, check=True)
        seen |= {Path(path) for path in re.findall(r"(/\S+) \(0x", listed.stdout)}
    yield from seen


def need_images() -> None:
    """Make sure of the image of the tests; fail plainly where nobody built gatekeeper's."""
    images.ensure(PYTHON_IMAGE)
    if not has_image(GATEKEEPER_IMAGE):
        pytest.fail(f"no image {GATEKEEPER_IMAGE}: docker build -t {GATEKEEPER_IMAGE} .")


def has_image(name: str) -> bool:
    """Whether the engine has the image already."""
    return (
        subprocess.run(
            ["docker", "image", "inspect", name], capture_output=True, check=False
        ).returncode
        == 0
    )


def docker(*args: str, stdin: bytes = b"") -> str:
    """Standard output of a docker command that must succeed."""
    done = subprocess.run(["docker", *args], input=stdin, capture_output=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"docker {' '.join(args)}: {done.stderr.decode()}")
    return done.stdout.decode().strip()


# --- Jenkins ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Build:
    """What a Jenkins build would show after one call of the step."""

    result: str
    exit_code: int | None
    error: str | None
    events: Sequence[tuple[str, object]]

    def of(self, step: str) -> list[object]:
        """The details of every call of one step, in order."""
        return [detail for name, detail in self.events if name == step]


def jenkins_step(folder: Path, call: Mapping[str, object]) -> Build:
    """Call the shared-library step under Groovy; `call` is described in jenkins_dsl.groovy."""
    asked, answered = folder / "call.json", folder / "answer.json"
    asked.write_text(json.dumps(call))
    driver = Path(__file__).with_name("jenkins_dsl.groovy")
    step = ROOT / "templates" / "jenkins" / "vars" / "gatekeeper.groovy"
    java = Path(shutil.which("java") or "/usr/bin/java").resolve().parents[1]
    done = subprocess.run(
        ["groovy", *map(str, (driver, step, asked, answered))],
        env={**os.environ, "JAVA_HOME": str(java)},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(done.stdout + done.stderr)
    answer = json.loads(answered.read_text())
    events = [(name, detail) for name, detail in answer["events"]]
    return Build(answer["result"], answer["code"], answer["error"], events)
