import pytest

from releases import Version


@pytest.mark.parametrize(
    ("text", "numbers"), [("1.2.3", (1, 2, 3)), ("v0.1", (0, 1, 0)), (" 10.20.30 ", (10, 20, 30))]
)
def test_parse(text, numbers):
    version = Version.parse(text)
    assert (version.major, version.minor, version.patch) == numbers


@pytest.mark.parametrize("text", ["", "1", "1.2.3.4", "one.two"])
def test_parse_refuses(text):
    with pytest.raises(ValueError, match="not a version"):
        Version.parse(text)


def test_order():
    assert Version(1, 9) < Version(1, 10)
    assert not Version(2, 0) < Version(1, 10)


@pytest.mark.parametrize(
    ("part", "text"), [("major", "2.0.0"), ("minor", "1.3.0"), ("patch", "1.2.4")]
)
def test_bump(part, text):
    assert str(Version(1, 2, 3).bump(part)) == text
