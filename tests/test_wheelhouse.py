"""A wheelhouse asks pip for torch, this package and all the rest, and says how to use it."""

import re
from pathlib import Path

import pytest

from tools import wheelhouse

ROOT = Path(__file__).parents[1]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What pip is told; nothing is fetched."""
    words: list[str] = []
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(wheelhouse, "pip", lambda *some: words.append(" ".join(some)))
    monkeypatch.setattr(wheelhouse, "cpu_index", lambda _: ["--index-url", "INDEX"])
    return words


def test_torch_first_then_this_package_then_all_that_it_needs(
    tmp_path: Path, told: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    if not Path(wheelhouse.PYTHON).exists():
        pytest.skip("this environment was not made by make")
    house = tmp_path / "wheelhouse"
    house.mkdir()
    (house / "sciml_widgets-0.0.1-py3-none-any.whl").touch()
    wheelhouse.main(str(house))
    torch, own, rest = told
    assert re.fullmatch(
        rf"download --no-deps --dest {house} --index-url INDEX torch==[\d.]+", torch
    )
    assert own == f"wheel --no-deps --no-build-isolation --wheel-dir {house} ."
    assert rest == f"download --dest {house} --find-links {house} pip sciml-widgets[lab]"
    assert not list(house.glob("*.whl")), "an older wheel of ours would be installed again"
    text = (house / "README.txt").read_text(encoding="utf-8")
    assert "--no-index --find-links wheelhouse" in text and re.search(r"Python 3\.\d\d", text)
    assert "0 wheels" in capsys.readouterr().out
