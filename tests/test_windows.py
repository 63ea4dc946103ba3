"""Windows in time: each is the problem cut, and the pieces fit where they meet."""

from itertools import islice
from typing import Any

import pytest
import torch

from sciml_widgets.collocation import attach, place, residuals
from sciml_widgets.labs import ConvectionPINN
from sciml_widgets.labs.windows import Window
from sciml_widgets.physics import Burgers, Convection
from sciml_widgets.sampling import sobol

SMALL = {"points_inside": 50, "points_edge": 10, "depth": 1, "width": 4}
PROBLEM = Convection(beta=3.0)


class Exact(torch.nn.Module):
    def forward(self, points: torch.Tensor) -> torch.Tensor:
        return PROBLEM.exact(points)


@pytest.mark.parametrize(("start", "before"), [(0.0, None), (0.25, Exact())])
def test_the_truth_leaves_nothing_of_a_window(start: float, before: Any) -> None:
    window = Window(PROBLEM, start, start + 0.25, before)
    counts = dict.fromkeys(("pde", "ic", "bc"), 32)
    points = place(window, counts, sobol, torch.Generator().manual_seed(0), torch.float64)
    for name, t in ((name, part[:, 1]) for name, part in points.items()):
        assert float(t.min()) >= start and float(t.max()) <= start + 0.25, name
    assert bool((points["ic"][:, 1] == start).all())
    for left in residuals(window, PROBLEM.exact, attach(window, points)).values():
        assert float(left.detach().abs().max()) < 1e-12


def test_a_window_starts_from_what_is_kept_not_from_the_truth() -> None:
    class Wrong(Exact):
        def forward(self, points: torch.Tensor) -> torch.Tensor:
            return PROBLEM.exact(points) + 0.5

    window = Window(PROBLEM, 0.5, 1.0, Wrong())
    points = place(window, dict.fromkeys(("pde", "ic", "bc"), 8), sobol, torch.Generator())
    left = residuals(window, PROBLEM.exact, attach(window, points))["ic"]
    assert torch.allclose(left, torch.tensor(-0.5).to(left))


def test_finished_windows_are_kept_and_do_not_change() -> None:
    lab = ConvectionPINN().but(**SMALL, steps_per_window=5, **{"windows.count": 3})
    states = [frame.state() for frame in islice(lab.frames(), 18)]  # type: ignore[misc]
    assert [len(state.past) for state in states] == [0] * 6 + [1] * 5 + [2] * 7
    assert [end for end, _ in states[-1].past] == [pytest.approx(1 / 3), pytest.approx(2 / 3)]
    early = torch.tensor([[1.0, 0.1], [4.0, 0.3]])
    late = torch.tensor([[1.0, 0.9]])
    for state in states[6:]:
        assert torch.equal(state(early), states[5](early))
    assert not torch.equal(states[12](late), states[-1](late))


def test_a_problem_that_knows_a_later_time_is_refused() -> None:
    with pytest.raises(ValueError, match="data at t = 1/2"):
        Window(Burgers(task="reconstruct"), 0.0, 0.5).terms()
    with pytest.raises(ValueError, match="sensors"):
        Window(Burgers(task="sensors"), 0.0, 0.5).terms()
