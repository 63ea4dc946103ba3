"""Many steps of the book's Burgers solver at once, and the way back, quickly. Knows no loss.

On 128 cells a call of numpy costs more than its arithmetic. So calls are what is saved here: the
numbers are those of `BurgersBook.step` and `pull`, which say the same more plainly.
"""

import numpy as np

from sciml_widgets.solvers.burgers_book import BurgersBook
from sciml_widgets.solvers.ring import largest
from sciml_widgets.solvers.stability import hold

__all__ = ["BurgersSweep"]


class BurgersSweep:
    """`steps` steps of `BurgersBook` from one state (N,), then ∂L/∂u back over all of them.

    A step is v = D u (diffusion, a matrix), and then for every cell i, with c = dt/dx,

        u_new[i] = v[j] + p (v[j+1] - v[j]),   j + p = i - c v[i],   j whole, 0 <= p < 1.

    Only this recurrence needs a loop. Backwards, λ[i] = ∂L/∂u_new[i] is handed to three cells: to
    i times -c (v[j+1] - v[j]), to j times 1 - p, to j + 1 times p. These shares and places are
    worked out for all steps at once; a step back is then three calls: multiply, add up, D (which
    is its own adjoint). The newest sweep is remembered. Good for a few hundred cells: D has N².

    Raises Unstable where ν dt/dx² is above 1/2, ValueError for a number of steps below 1.
    """

    def __init__(self, solver: BurgersBook, steps: int) -> None:
        if steps < 1:
            raise ValueError(f"steps={steps} is no sweep: take 1 or more")
        r = solver.nu * solver.dt / solver.dx**2
        hold(r, 0.5, "ν dt/dx²", "take a smaller dt or fewer cells")
        n, one = solver.cells, np.eye(solver.cells)
        self.cells, self.courant = n, solver.dt / solver.dx
        diffuse = one + r * (np.roll(one, 1, 0) - 2 * one + np.roll(one, -1, 0))
        self._closed = np.vstack([diffuse, diffuse[:1]])  # the first cell once more, at the end
        self._diffuse = self._closed[:-1]
        self._x = np.arange(n)
        self._part, self._jump = np.empty((steps, n)), np.empty((steps, n))  # p, v[j+1] - v[j]
        self._place = np.empty((steps, n), np.intp)  # j, not yet brought back to the ring
        self._share, self._into = np.empty((steps, 3, n)), np.empty((steps, 3, n), np.intp)
        self._into[:, 0] = self._x
        self._swept = False

    def forward(self, u: np.ndarray) -> np.ndarray:
        """The state after the steps.

        Raises:
            ValueError: another shape than (N,); a u that is not finite, or crosses the whole ring
                in a step.
        """
        if u.shape != (self.cells,):
            raise ValueError(
                f"a sweep takes one state, ({self.cells},), got {u.shape}: for several take "
                "solvers.rollout.by_hand"
            )
        if not self.courant * largest(u) <= self.cells:
            raise ValueError(
                f"max|u| dt/dx must be at most {self.cells}, once round the ring in a step, but "
                f"is {self.courant * largest(u):.3g}: take a smaller dt, or see why u has grown"
            )
        self._swept = True
        u, left, more = np.array(u, float), np.empty(self.cells), np.empty(self.cells)
        v, rise = np.empty(self.cells + 1), np.empty(self.cells)
        here, right = v[:-1], v[1:]
        for part, jump, place in zip(self._part, self._jump, self._place, strict=True):
            np.dot(self._closed, u, out=v)
            np.subtract(right, here, out=rise)
            np.multiply(here, -self.courant, out=part)
            np.add(part, self._x, out=part)
            np.floor(part, out=left)
            np.subtract(part, left, out=part)
            np.copyto(place, left, casting="unsafe")  # as whole numbers
            here.take(place, out=u, mode="wrap")
            rise.take(place, out=jump, mode="wrap")
            np.multiply(part, jump, out=more)
            np.add(u, more, out=u)
        return u

    def backward(self, slope: np.ndarray) -> np.ndarray:
        """∂L/∂u at the start, from ∂L/∂u at the end of the newest `forward`: (N,) to (N,).

        Raises ValueError where there was none.
        """
        if not self._swept:
            raise ValueError("there is no way back yet: call forward first")
        np.take(self._x, self._place, out=self._into[:, 1], mode="wrap")
        np.take(self._x, self._place + 1, out=self._into[:, 2], mode="wrap")
        np.multiply(self._jump, -self.courant, out=self._share[:, 0])
        np.subtract(1, self._part, out=self._share[:, 1])
        self._share[:, 2] = self._part
        handed = np.empty((3, self.cells))
        flat = handed.reshape(-1)
        for share, into in zip(self._share[::-1], self._into[::-1], strict=True):
            np.multiply(share, slope, out=handed)
            added = np.bincount(into.reshape(-1), flat, self.cells)
            slope = self._diffuse.dot(added)
        return slope
