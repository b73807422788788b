from releases.history import History


def test_latest():
    assert str(History(["1.0.0", "1.10.0", "1.9.0"]).latest()) == "1.10.0"


def test_nothing():
    assert History().latest() is None


def test_a_new_one():
    assert History(["1.0.0"]).add("1.0.1")


def test_the_same_again():
    history = History(["1.0.0"])
    assert not history.add("v1.0")
    assert len(history) == 1
