"""What was released."""

from .version import Version


class History:
    """Every version once, in order."""

    def __init__(self, texts=()):
        self._known = {Version.parse(text) for text in texts}

    def add(self, text):
        """Whether the version is new."""
        version = Version.parse(text)
        new = version not in self._known
        self._known.add(version)
        return new

    def latest(self):
        """The highest version, None without any."""
        return max(self._known, default=None)

    def __len__(self):
        return len(self._known)
