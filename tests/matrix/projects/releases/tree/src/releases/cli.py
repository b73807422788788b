"""The command line."""

import argparse
import os

from .history import History
from .version import Version


def main(argv=None):
    """Print the next version after those given."""
    parser = argparse.ArgumentParser(prog="releases")
    parser.add_argument("versions", nargs="+")
    parser.add_argument("--part", default=os.environ.get("RELEASES_PART", "patch"))
    given = parser.parse_args(argv)
    latest = History(given.versions).latest()
    print(latest.bump(given.part))
    return 0 if latest > Version(0, 0) else 1
