"""What is taken away: a script that gives the library's numbers, and weights that come back."""

import ast
import itertools
import json
import math
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from numpy_labs import LABS

from sciml_widgets import Experiment, Frame, checkpoint, load_weights, to_code
from sciml_widgets.course.script import tagged
from sciml_widgets.knobs import values
from sciml_widgets.labs import BurgersPINN, burgers_script
from sciml_widgets.labs.take_away import filled
from sciml_widgets.live.panel import Panel
from sciml_widgets.physics import Burgers

LESSON = Path(__file__).parents[1] / "lessons" / "05_burgers.py"
ODD: dict[str, Any] = {
    "nu": 0.013, "depth": 2, "width": 7, "activation": "sin", "precision": "float64",
    "w_pde": 0.3, "w_ic": 25.0, "w_bc": 2.0, "lr": 2e-3, "points_inside": 83, "points_edge": 31,
    "sampling": "uniform", "redraw": 3, "seed": 12,
}  # fmt: skip
RUNNER = """
import itertools, json, runpy, sys
trains = [runpy.run_path(name)["train"]() for name in sys.argv[1:]]
parts = [[parts for _, _, parts in itertools.islice(train, 21)] for train in trains]
print(json.dumps([parts, sorted(m for m in sys.modules if m.startswith("sciml"))]))
"""


def library(lab: BurgersPINN, steps: int) -> list[dict[str, float]]:
    """The losses of the first steps."""
    frames = itertools.islice(lab.frames(), steps + 1)
    names = ("pde", "ic", "bc")
    return [{name: frame.scalars[name] ** 2 for name in names} for frame in frames]


def script(text: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "a_script"}
    exec(text, names)
    return names


def isolated(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-I", "-W", "error", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def apart(one: list[dict[str, float]], other: list[dict[str, float]]) -> float:
    """The largest relative difference."""
    pairs = [(a[name], b[name]) for a, b in zip(one, other, strict=True) for name in b]
    return max(abs(a / b - 1) for a, b in pairs)


# ---- the script -------------------------------------------------------------------------------


@pytest.mark.training
def test_the_script_alone_gives_the_library_s_losses(tmp_path: Path) -> None:
    """To the digits of float32, and of float64; measured: 3e-7 and 2e-15."""
    labs = {"single.py": (BurgersPINN(), 1e-5), "double.py": (BurgersPINN().but(**ODD), 1e-12)}
    for name, (lab, _) in labs.items():
        (tmp_path / name).write_text(to_code(lab, 20), encoding="utf-8")
    parts, ours = json.loads(isolated(tmp_path, "-c", RUNNER, *labs))
    assert ours == [], "it needs the package"
    for mine, (lab, close) in zip(parts, labs.values(), strict=True):
        assert len(mine) == 21 and apart(mine, library(lab, 20)) < close


@pytest.mark.training
def test_run_as_it_is_it_prints_its_way_and_the_true_error(tmp_path: Path) -> None:
    lab = BurgersPINN().but(precision="float64")
    (tmp_path / "burgers.py").write_text(to_code(lab, 110), encoding="utf-8")
    lines = isolated(tmp_path, "burgers.py").splitlines()
    assert [line.split()[1] for line in lines] == ["0", "100", "110"]
    frame = next(itertools.islice(lab.frames(), 110, None))
    told = float(lines[-1].split()[-2]) / 100
    assert told == pytest.approx(frame.scalars["rel_l2"], rel=0.1)  # other points, same function
    assert f"pde {frame.scalars['pde']:.4f}" in lines[-1]


@pytest.mark.parametrize("activation", ["tanh", "sin", "silu", "softplus", "relu"])
def test_every_activation_and_sampling_is_the_library_s(activation: str) -> None:
    for spread in ("sobol", "uniform"):
        lab = BurgersPINN().but(**ODD | {"activation": activation, "sampling": spread})
        steps = itertools.islice(script(to_code(lab))["train"](), 5)
        assert apart([parts for _, _, parts in steps], library(lab, 4)) < 1e-12


@pytest.mark.parametrize("name", sorted(set(ODD) - {"precision"}))
def test_every_value_counts(name: str) -> None:
    """Without it the script would be another one: nothing is filled in by chance."""
    lab = BurgersPINN().but(**ODD)
    other = BurgersPINN().but(**{key: value for key, value in ODD.items() if key != name})
    assert to_code(lab) != to_code(other)
    steps = itertools.islice(script(to_code(other))["train"](), 5)
    assert apart([parts for _, _, parts in steps], library(lab, 4)) > 1e-9


def test_its_functions_are_those_that_the_lesson_writes_by_hand() -> None:
    def functions(text: str) -> dict[str, str]:
        found = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
        return {node.name: ast.unparse(node) for node in found}

    mine = functions(to_code(BurgersPINN()))
    for tag, name in (("derivatives", "derivative"), ("residual", "residual"), ("loss", "losses")):
        assert mine[name] == functions(tagged(LESSON, tag))[name]


@pytest.mark.parametrize("nu", [0.001, 0.01 / math.pi, 0.05, 0.2])
def test_its_truth_is_the_library_s(nu: float) -> None:
    points = torch.cartesian_prod(torch.linspace(-1, 1, 81), torch.linspace(0, 1, 21))
    mine = burgers_script.exact(points[:, :1], points[:, 1:], nu)
    assert torch.allclose(mine, Burgers(nu=nu).exact(points), rtol=0, atol=1e-10)


def test_it_is_short_and_reads_as_written() -> None:
    text = to_code(BurgersPINN().but(nu=0.02), 300)
    assert "NU = 0.02  # viscosity\n" in text and "STEPS = 300\n" in text
    assert "__all__" not in text and "sciml" not in text
    source = Path(burgers_script.__file__).read_text(encoding="utf-8")
    changed = [line for line in text.splitlines() if line not in source.splitlines()]
    assert changed == ["NU = 0.02  # viscosity", "STEPS = 300"]
    words = [node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)]
    said = sum(word.count("\n") + 1 for word in words if isinstance(word, str) and " " in word)
    code = [line for line in text.splitlines() if line.strip()]
    assert len(code) - said <= 95


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"task": "reconstruct"}, r"problem\.task='reconstruct' is not in the script"),
        ({"task": "sensors"}, r"problem\.task='sensors' is not in the script"),
        ({"start": "drawn"}, r"problem\.start='drawn' .*it knows 'sine' only"),
        ({"fourier": 8}, r"net\.fourier=8 .*it knows 0 only"),
        ({"sampling": "adaptive"}, r"sampling='adaptive' .*'sobol' and 'uniform' only"),
    ],
)
def test_what_it_cannot_express_is_an_error_that_names_it(
    changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        to_code(BurgersPINN().but(**changes))
    to_code(BurgersPINN().but(show_points=True, w_data=7.0))  # they change no number


@dataclass(frozen=True)
class Other(Burgers):
    """Another equation of the same form."""


def test_another_equation_and_another_lab_have_no_script() -> None:
    with pytest.raises(ValueError, match="problem=Other"):
        to_code(BurgersPINN(problem=Other()))
    with pytest.raises(ValueError, match="has no script to take away"):
        to_code(LABS[0]())
    with pytest.raises(ValueError, match="no constant NO_SUCH"):
        filled("burgers_script", {"NO_SUCH": "1"})


def ran(lab: Experiment, frames: int) -> Panel:
    panel = Panel(lab)
    panel.step(frames)
    while panel.player.frames < frames:
        panel.player.round()
    return panel


def test_a_panel_gives_the_script_of_its_present_values() -> None:
    panel = ran(BurgersPINN().but(nu=0.02), 8)
    panel.player.turn("w_ic", 50.0)
    panel.player.round()
    lab = BurgersPINN().but(nu=0.02, w_ic=50.0)
    assert panel.to_code() == to_code(lab, 7)
    assert Panel(lab).to_code() == to_code(lab, lab.length)


# ---- weights ----------------------------------------------------------------------------------


POINTS = torch.linspace(-1, 1, 24).reshape(12, 2)


@pytest.mark.parametrize("changes", [{}, {"precision": "float64", "fourier": 3, "depth": 2}])
def test_weights_come_back_bit_for_bit(changes: dict[str, Any], tmp_path: Path) -> None:
    panel = ran(BurgersPINN().but(**changes, nu=0.02), 3)
    panel.save_weights(tmp_path / "net.safetensors")
    network = load_weights(tmp_path / "net.safetensors")
    dtype = next(network.parameters()).dtype
    with torch.no_grad():
        mine = network(POINTS.to(dtype)).double()
    assert torch.equal(mine, panel.player.look()(POINTS))
    saved = checkpoint.read(tmp_path / "net.safetensors")
    again = BurgersPINN().but(**saved.values)
    assert saved.lab == "burgers-pinn" and values(again) == values(panel.player.experiment)
    assert all(weight.requires_grad for weight in network.parameters())


@dataclass
class Mine(Experiment):
    """A lab as a lesson writes one: its state is a torch module."""

    series = ()
    length: ClassVar[int] = 3

    def frames(self) -> Any:
        for step in range(3):
            yield Frame(step, {}, lambda: torch.nn.Linear(2, 1))


def test_weights_of_a_lab_of_one_s_own_go_into_a_network_that_is_given(tmp_path: Path) -> None:
    panel, path = ran(Mine(), 2), tmp_path / "mine.safetensors"
    panel.save_weights(path)
    with pytest.raises(ValueError, match=r"mine\.safetensors holds weights of the lab 'mine'"):
        load_weights(path)
    network = torch.nn.Linear(2, 1)
    assert load_weights(path, into=network) is network
    assert torch.equal(network.weight, panel.player.look().weight)
    before = torch.nn.Linear(3, 1)
    kept = before.weight.clone()
    with pytest.raises(ValueError, match=r"do not fit the network \(look at weight\)"):
        load_weights(path, into=before)
    assert torch.equal(before.weight, kept)


def test_nothing_to_save_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="press Run first"):
        Panel(BurgersPINN()).save_weights(tmp_path / "a")
    with pytest.raises(ValueError, match="has no network to save"):
        ran(LABS[0](), 1).save_weights(tmp_path / "a")
    with pytest.raises(OSError, match="is a folder"):
        ran(BurgersPINN(), 1).save_weights(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("weights") / "good"
    ran(BurgersPINN().but(width=4), 1).save_weights(path)
    return path.read_bytes()


def with_header(data: bytes, old: bytes, new: bytes) -> bytes:
    (length,) = struct.unpack("<Q", data[:8])
    header = data[8 : 8 + length]
    assert old in header
    header = header.replace(old, new)
    return struct.pack("<Q", len(header)) + header + data[8 + length :]


HOSTILE: dict[str, Any] = {
    "empty": lambda data: b"",
    "text": lambda data: b"import os",
    "half": lambda data: data[: len(data) // 2],
    "one byte more": lambda data: data + b"x",
    "huge header": lambda data: struct.pack("<Q", 2**60) + data[8:],
    "pickle": lambda data: b"\x80\x04cos\nsystem\n.",
    "no format": lambda data: with_header(data, b"sciml-widgets 1", b"sciml-widgets 9"),
    "unknown lab": lambda data: with_header(data, b"burgers-pinn", b"os.system___"),
    "unknown knob": lambda data: with_header(data, b"net.width", b"net.girth"),
    "knob out of range": lambda data: with_header(data, b'width\\": 4,', b'width\\": 4e9,'),
    "a table for a knob": lambda data: with_header(data, b'width\\": 4,', b'width\\": {},'),
    "no json": lambda data: with_header(data, b'{\\"problem', b'[[\\"problem'),
    "other knobs than weights": lambda data: with_header(data, b'width\\": 4,', b'width\\": 9,'),
    "another name": lambda data: with_header(data, b"layers.1.bias", b"layers.7.bias"),
    "whole numbers": lambda data: data.replace(b'"F32"', b'"I32"'),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_gets_a_clear_error(name: str, good: bytes, tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    path.write_bytes(good)
    load_weights(path)
    path.write_bytes(HOSTILE[name](good))
    with pytest.raises(ValueError, match=r"^net\.safetensors") as caught:
        load_weights(path)
    assert len(str(caught.value)) < 400


def test_no_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_weights(tmp_path / "none")
    with pytest.raises(ValueError, match="is no file of weights"):
        load_weights(tmp_path)
