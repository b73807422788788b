"""How large the image is over its base, and what takes the room.

python benchmarks/image_size.py [image] [base]
"""

from __future__ import annotations

import sys

from measure import run

LARGEST = 8
PLACES = "du -sk /opt/gatekeeper /opt/gatekeeper/lib/python3*/site-packages/* | sort -rn"


def size(image: str) -> float:
    """Megabytes (10^6 bytes), as the engine counts them."""
    return int(run(["docker", "image", "inspect", "--format", "{{.Size}}", image])) / 1e6


def main() -> None:
    defaults = ["gatekeeper:test", "python:3.12-slim-bookworm"]
    image, base = sys.argv[1:] + defaults[len(sys.argv) - 1 :]
    whole, below = size(image), size(base)
    print(f"{image}: {whole:.0f} MB, {whole / below:.2f} times its base {base} ({below:.0f} MB)")
    print("\nlayers over the base, and the largest folders of gatekeeper's own:")
    layers = run(["docker", "history", "--format", "{{.Size}}\t{{.CreatedBy}}", image])
    for line in layers.splitlines():
        if not line.startswith("0B"):
            print(f"  {line[:90]}")
    found = run(["docker", "run", "--rm", "--network", "none", image, "sh", "-c", PLACES])
    for line in found.splitlines()[:LARGEST]:
        kilobytes, path = line.split("\t")
        print(f"  {int(kilobytes) / 1000:6.1f} MB  {path}")


if __name__ == "__main__":
    main()
