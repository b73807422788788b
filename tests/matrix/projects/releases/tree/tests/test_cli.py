from releases.cli import main


def test_next_patch(capsys):
    assert main(["1.0.0", "0.9.0"]) == 0
    assert capsys.readouterr().out == "1.0.1\n"


def test_part_of_the_surroundings(capsys, monkeypatch):
    monkeypatch.setenv("RELEASES_PART", "minor")
    assert main(["1.0.0"]) == 0
    assert capsys.readouterr().out == "1.1.0\n"
