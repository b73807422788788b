"""Makes the logs in tests/assets/logs again, by running the real tools.

    python -m tests.support.make_logs PATH_OF_TOOLS FOLDER [name ...]

PATH_OF_TOOLS is put before $PATH (a venv's and node_modules' bin, joined by `:`). It needs root
(a small disk is mounted), Docker with the images of `images.py`, and the tools of labels.toml.
Names of this machine and of package registries are replaced by those of example.org.
"""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent / "assets" / "logs"
WORKSPACE = "/builds/acme/shop"
PORT = 5055
DISK = "8m"

_CLEAN = (
    (r"127\.0\.0\.1:(?:9|4873|5055)\b", "registry.example.org:8443"),
    (r"\b(?:repo\d?|central|registry|index|files|proxy|sum)\.(?!example)[a-z0-9.-]*"
     r"(?:apache|maven|npmjs|pypi|pythonhosted|golang|crates|docker)[a-z0-9.-]*",
     "registry.example.org"),
    (r"\b(?:pypi|crates|docker|npmjs|rubygems|packagist)\.(?:org|io|com)\b",
     "registry.example.org"),
    (r"file:///opt/pypi\S*", "https://registry.example.org/simple"),
    (r"/opt/wheels", "/var/cache/wheels"),
    (r"/root/\.(?:npm|m2|cargo|rustup|cache)", "/cache"),
)  # fmt: skip


def main() -> None:
    """Run what was asked for, or everything."""
    path, folder, *names = sys.argv[1:]
    labels = tomllib.loads((HERE / "labels.toml").read_text())
    for name in names or labels:
        label = labels[name]
        room = Path(folder) / name
        shutil.rmtree(room, ignore_errors=True)
        room.mkdir(parents=True)
        with _served(label.get("registry")), _small_disk(room, label.get("small_disk", False)):
            code, output = _run(label["made"], room, path)
        text = _clean(output.decode("utf-8", "replace"), room, path, folder)
        if label.get("frame"):
            ended = label.get("job", f"exit code {code}")
            text = framed(text, ended)
        (HERE / f"{name}.log").write_text(text, newline="")
        plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
        found = [cause for cause in label["cause"] if cause in plain]
        print(f"{name:32} exit {code:3} {len(text.splitlines()):5} lines", end=" ")
        print("" if found or not label["cause"] else "CAUSE NOT IN THE LOG")


def _run(script: str, room: Path, path: str) -> tuple[int, bytes]:
    env = {
        **os.environ,
        "PATH": f"{path}:{os.environ['PATH']}",
        "LANG": "C.UTF-8",
        "CI": "true",
        "DOCKER_BUILDKIT": "0",
        "CARGO_TERM_COLOR": "always",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=room,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout


def _clean(text: str, room: Path, path: str, folder: str) -> str:
    text = text.replace(str(room), WORKSPACE).replace(folder, "/builds/acme")
    for part in path.split(":"):
        text = text.replace(str(Path(part).parent), "/opt/tools")
    for pattern, new in _CLEAN:
        text = re.sub(pattern, new, text)
    return text


def framed(text: str, ended: str) -> str:
    """The log as GitLab's runner writes it: sections, colours, carriage returns, last words."""
    script = "".join(f"{line}\r\n" for line in text.splitlines())
    last = f"\x1b[31;1mERROR: Job failed: {ended}\n\x1b[0;m"
    if ended.startswith("("):
        last = f"\x1b[31;1mERROR: Job failed {ended}\n\x1b[0;m"
    return (
        "\x1b[0KRunning with gitlab-runner 18.5.0 (bda84871)\x1b[0;m\n"
        "\x1b[0K  on shared-runner-07 t3_Kx9fQz, system ID: s_4b1d0a9cbe1f\x1b[0;m\n"
        + _section("prepare_executor", 'Preparing the "docker" executor', (
            "Using Docker executor with image registry.example.org/acme/ci:12 ...",
            "Pulling docker image registry.example.org/acme/ci:12 ...",
        ))
        + _section("get_sources", "Getting source from Git repository", (
            "Fetching changes with git depth set to 20...",
            "Initialized empty Git repository in /builds/acme/shop/.git/",
            "Checking out 3f9c2ab1 as detached HEAD (ref is refs/merge-requests/41/head)...",
        ))
        + "section_start:1763700012:step_script\r\x1b[0K\x1b[0K\x1b[36;1mExecuting \"step_script\""
        " stage of the job script\x1b[0;m\x1b[0;m\n"
        f"{script}"
        "section_end:1763700060:step_script\r\x1b[0K"
        + (_section("cleanup_file_variables", "Cleaning up project directory and file based"
                    " variables", ()) + last if ended else "\x1b[32;1mJob succeeded\x1b[0;m\n")
    )  # fmt: skip


def _section(name: str, title: str, lines: tuple[str, ...]) -> str:
    body = "".join(f"{line}\n" for line in lines)
    return (
        f"section_start:1763700001:{name}\r\x1b[0K\x1b[0K\x1b[36;1m{title}\x1b[0;m\x1b[0;m\n{body}"
        f"section_end:1763700009:{name}\r\x1b[0K"
    )


@contextlib.contextmanager
def _small_disk(room: Path, wanted: bool) -> Iterator[None]:
    if not wanted:
        yield
        return
    small = room / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", small], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", small], check=True)


_SAYS = {
    401: ("UNAUTHORIZED", "authentication required"),
    403: ("DENIED", "requested access to the resource is denied"),
    404: ("MANIFEST_UNKNOWN", "manifest unknown"),
    429: ("TOOMANYREQUESTS", "You have reached your pull rate limit."),
    503: ("UNAVAILABLE", "service unavailable"),
}


@contextlib.contextmanager
def _served(status: int | None) -> Iterator[None]:
    """A registry that answers everything after its greeting with `status`."""
    if status is None:
        yield
        return
    code, message = _SAYS[status]

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            greeting = self.path == "/v2/"
            body = b"{}" if greeting else json.dumps(
                {"errors": [{"code": code, "message": message}]}
            ).encode()  # fmt: skip
            self.send_response(200 if greeting else status)
            if status == 401:
                self.send_header("WWW-Authenticate", 'Basic realm="acme"')
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_HEAD = do_GET  # noqa: N815 - the name that http.server looks for

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


if __name__ == "__main__":
    main()
