"""What is asked for comes in a file, and what is found goes to a file beside it."""

import json
import os

NAMED = "GATEKEEPER_SEARCH"


def asked():
    """The order, or None where there is none; the variable is gone afterwards."""
    named = os.environ.pop(NAMED, "")  # whatever the tests start is left alone
    if not named:
        return None
    with open(named, encoding="utf-8") as file:
        order = json.load(file)
    folder = os.path.dirname(named)
    order["answer"] = os.path.join(folder, "answer.jsonl")
    order["root"] = os.path.dirname(folder)
    return order


def told(order, said):
    """One more line of the answer."""
    with open(order["answer"], "a", encoding="utf-8") as file:
        file.write(json.dumps(said) + "\n")


def quiet(early_config):
    """Without the tracer of pytest-cov, which would take the place of ours and cost time."""
    namespace = early_config.known_args_namespace
    if hasattr(namespace, "cov_source"):
        namespace.cov_source = []


def alone(config):
    """No workers of pytest-xdist: what they run is out of reach."""
    for name, value in (("numprocesses", None), ("dist", "no"), ("tx", [])):
        if hasattr(config.option, name):
            setattr(config.option, name, value)
