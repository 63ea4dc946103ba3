"""Pictures of a solution: the right numbers in the right corner, and a sentence that is true."""

import re

import numpy as np
import pytest
import torch
from small_problems import Oscillator
from torch import Tensor, nn

from sciml_widgets.labs.plane import solution_picture
from sciml_widgets.physics import Burgers, Problem
from sciml_widgets.picture import Image, Lines, Picture, Plot
from sciml_widgets.picture import Points as Dots


class Bump(nn.Module):
    """The truth, and 0.3 more in a small disc around (x, t) = (0.5, 0.25)."""

    def __init__(self, problem: Problem, height: float = 0.3) -> None:
        super().__init__()
        self.height = nn.Parameter(torch.tensor(height, dtype=torch.float64))
        self.problem = problem

    def forward(self, points: Tensor) -> Tensor:
        centre = torch.tensor([0.5, 0.25], dtype=torch.float64)[: points.shape[1]]
        near = torch.exp(-((points - centre) ** 2).sum(1, keepdim=True) / 0.1**2)
        return self.problem.exact(points) + self.height * near


def drawn(height: float = 0.3, size: int = 32, dots: Tensor | None = None) -> Picture:
    return solution_picture(Burgers(), Bump(Burgers(), height), size, dots)


def image(plot: Plot) -> Image:
    found = plot.marks[0]
    assert isinstance(found, Image)
    return found


def test_pixels_are_where_the_axes_say() -> None:
    field, error, _ = drawn().plots
    z = image(error).z
    assert z.shape == (32, 32) and image(error).extent == (0.0, 1.0, -1.0, 1.0)
    row, column = np.unravel_index(np.argmax(z), z.shape)
    assert -1 + 2 * (row + 0.5) / 32 == pytest.approx(0.5, abs=1 / 32)
    assert (column + 0.5) / 32 == pytest.approx(0.25, abs=0.5 / 32)
    # At t = 0 the solution is -sin πx: positive below, negative above.
    assert image(field).z[8, 0] > 0.9 and image(field).z[24, 0] < -0.9
    assert (field.x.label, field.y.label) == ("t", "x")
    # Pixels are cells, even in number, so an odd solution is odd in them.
    even = image(drawn(0.0).plots[0]).z
    assert np.abs(even + even[::-1]).max() < 1e-12


def test_colours_are_symmetric_round_and_hold_the_largest_error() -> None:
    error = image(drawn().plots[1])
    assert (error.low, error.high, error.map) == (-0.5, 0.5, "error")
    assert np.abs(error.z).max() <= 0.5
    field = image(drawn().plots[0])
    assert (field.low, field.high, field.map) == (-1.0, 1.0, "field")


def test_the_caption_names_the_largest_error() -> None:
    said = re.fullmatch(
        r"The largest error, ([\d.]+), is at x = ([−\d.]+), t = ([\d.]+)\.", drawn().caption
    )
    assert said is not None
    assert float(said[1]) == pytest.approx(np.abs(image(drawn().plots[1]).z).max(), abs=0.006)
    assert float(said[2]) == pytest.approx(0.5, abs=0.05)
    assert float(said[3]) == pytest.approx(0.25, abs=0.05)


def test_slices_lie_over_dashed_exact_curves() -> None:
    slices = drawn().plots[2]
    lines = [mark for mark in slices.marks if isinstance(mark, Lines)]
    solid = [line for line in lines if line.dash == "solid"]
    dashed = [line for line in lines if line.dash == "dashed"]
    assert [line.label for line in solid] == ["t = 0.25", "t = 0.5", "t = 0.75"]
    gaps = [np.abs(a.y - b.y).max() for a, b in zip(solid, dashed, strict=True)]
    assert gaps[0] == pytest.approx(0.3, abs=1e-2) and gaps[2] < 1e-10
    assert solid[0].x[0] == -1 and solid[0].x[-1] == 1
    assert slices.note == "dashed: exact"


def test_a_slice_is_at_the_time_that_its_label_says_in_every_task() -> None:
    for task in ("forward", "reconstruct", "sensors"):
        problem = Burgers(task=task)
        lines = [m for m in solution_picture(problem, problem.exact, 16).plots[2].marks
                 if isinstance(m, Lines)]  # fmt: skip
        for at, solid, dashed in zip(problem.at, lines[:3], lines[3:], strict=True):
            assert solid.label == f"t = {at:g}"
            x = torch.from_numpy(solid.x)
            exact = problem.exact(torch.stack([x, torch.full_like(x, at)], 1))[:, 0].numpy()
            assert np.abs(solid.y - exact).max() < 1e-12
            assert np.abs(dashed.y - exact).max() < 1e-12


@pytest.mark.parametrize(
    ("height", "ends"),
    [(0.0, (-1.2, 1.2)), (-0.5, (-2.0, 1.2)), (3.5, (-1.2, 3.0)), (9.0, (-1.2, 3.0)),
     (float("nan"), (-1.2, 1.2))],
)  # fmt: skip
def test_the_axis_of_the_slices_reaches_as_far_as_they_do(
    height: float, ends: tuple[float, float]
) -> None:
    axis = drawn(height).plots[2].y
    assert (axis.low, axis.high) == pytest.approx(ends)


def test_every_plot_has_words_for_who_cannot_see() -> None:
    for plot in drawn().plots:
        assert plot.title and plot.alt.endswith(".")
    assert "from −1.00 to 1.00" in drawn(0.0).plots[0].alt.replace("0.99", "1.00")


def test_a_broken_network_still_has_a_picture() -> None:
    picture = drawn(float("nan"))
    assert picture.caption == "The network's values are no longer finite."
    assert np.isnan(image(picture.plots[1]).z).all()
    assert np.isfinite(image(picture.plots[1]).high)
    drawn(float("inf"))


def test_dots_are_drawn_where_the_points_are() -> None:
    dots = torch.tensor([[0.5, 0.25], [-1.0, 1.0]], dtype=torch.float32)
    (found,) = (mark for mark in drawn(dots=dots).plots[1].marks if isinstance(mark, Dots))
    assert found.x.tolist() == [0.25, 1.0] and found.y.tolist() == [0.5, -1.0]
    assert not any(isinstance(mark, Dots) for mark in drawn().plots[1].marks)


def test_one_coordinate_makes_lines() -> None:
    picture = solution_picture(Oscillator(), Bump(Oscillator()), 16, torch.zeros(3, 1))
    field, error = picture.plots
    assert isinstance(error.marks[0], Lines)
    assert np.abs(error.marks[0].y).max() == pytest.approx(0.3, abs=1e-2)
    assert picture.caption.startswith("The largest error, 0.3, is at t = 0.5")
    assert field.title == "network x(t)"
