"""The same search by PhiFlow on jax, as its documentation writes it: seconds, as JSON lines.

    PYTHON -m benchmarks.phiflow_peer < values.json

Run by `python -m benchmarks.adjoint --peer PYTHON`, with the Python of an environment that holds
phiflow and jax; it imports nothing else. The data come in: 128 values of u at t = 1/2.
"""

import json
import statistics
import sys
import time
from typing import Any

CELLS, STEPS, MIDDLE, UPDATES, RATE = 128, 32, 16, 49, 5.0

WAYS = {"plain": STEPS, "compiled": STEPS, "compiled, 16 steps": MIDDLE}
"""Name and steps. A compiler may leave out the 16 steps on which nothing depends: the last shows
it."""

AGAIN = 9
"""Searches after the first, where they are quick: their median is the pace."""


def main() -> None:
    """49 updates in each way: the seconds of the first, of all, of a later one, and the losses."""
    given = json.load(sys.stdin)

    import numpy as np
    from phi.jax import flow as phi  # type: ignore[import-not-found]

    phi.math.set_global_precision(64)
    ring = {"extrapolation": phi.extrapolation.PERIODIC, "x": CELLS, "bounds": phi.Box(x=(-1, 1))}
    data = phi.CenteredGrid(phi.math.tensor(np.array(given["measured"]), phi.spatial("x")), **ring)

    def made(steps: int) -> Any:
        def loss(velocity: Any) -> Any:
            u, middle = velocity, None
            for step in range(steps):
                spread = phi.diffuse.explicit(1.0 * u, given["nu"], 1 / STEPS, substeps=1)
                u = phi.advect.semi_lagrangian(spread, spread, 1 / STEPS)
                middle = u if step + 1 == MIDDLE else middle
            return phi.field.l2_loss(middle - data) * 2.0 / CELLS

        return phi.math.gradient(loss, "velocity", get_output=True)

    def search(whole: Any) -> tuple[float, float, list[float]]:
        """Seconds of the first update, of all, and the losses."""
        u = phi.CenteredGrid(phi.math.tensor(np.zeros(CELLS), phi.spatial("x")), **ring)
        losses, began, first = [], time.process_time(), 0.0
        for _ in range(UPDATES):
            value, slope = whole(u)
            slope = slope[0] if isinstance(slope, (tuple, list)) else slope
            u = u - RATE * slope
            losses.append(float(value))
            first = first or time.process_time() - began
        return first, time.process_time() - began, losses

    for way, steps in WAYS.items():
        whole = made(steps)
        whole = whole if way == "plain" else phi.math.jit_compile(whole)
        first, seconds, losses = search(whole)
        later = [(seconds - first) / (UPDATES - 1)]
        if way != "plain":
            later = [search(whole)[1] / UPDATES for _ in range(AGAIN)]
        found = {"first": first, "all": seconds, "later": statistics.median(later)}
        print(json.dumps({"way": way, **found, "losses": losses}))


if __name__ == "__main__":
    main()
