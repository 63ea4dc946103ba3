"""One run of DeepXDE on Burgers' equation at viscosity 0.01/π: seconds and error, as JSON lines.

    DDE_BACKEND=pytorch python -m benchmarks.peer Burgers --threads 1 --seed 0 --seconds 300

The set-up is that of its own three examples (Burgers.py, Burgers_RAR.py and Burgers_NNCG.py in
examples/pinn_forward): points, network, optimizers and their order; double precision, as its
L-BFGS asks for. The time that this file needs to look at the error is not counted.
"""

import argparse
import json
import math
import os
import time
from typing import Any

EXAMPLES = {
    "Burgers": (2540, 80, 15_000), "Burgers_RAR": (2500, 100, 10_000),
    "Burgers_NNCG": (2540, 80, 15_000),
}  # fmt: skip
"""Points inside, points on the walls, steps of Adam."""

SHARP = 0.01 / math.pi


class Enough(Exception):
    """The error or the time is reached."""


def main() -> None:
    """Train, and print one line for each look."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peer")
    parser.add_argument("example", choices=EXAMPLES)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--until", type=float, default=1e-2)
    asked = parser.parse_args()
    os.environ.setdefault("DDE_BACKEND", "pytorch")

    import deepxde as dde  # type: ignore[import-not-found]  # not among our dependencies
    import numpy as np
    import torch

    from sciml_widgets.physics import Burgers

    torch.set_num_threads(asked.threads)
    dde.config.set_default_float("float64")
    dde.config.set_random_seed(asked.seed)
    inside, walls, steps = EXAMPLES[asked.example]
    places = np.stack(np.meshgrid(np.linspace(-1, 1, 129), np.linspace(0, 0.99, 100)), -1)
    places = places.reshape(-1, 2)
    exact = Burgers(nu=SHARP).exact(torch.from_numpy(places)).numpy()

    def residual(x: Any, u: Any) -> Any:
        u_x, u_t = (dde.grad.jacobian(u, x, i=0, j=j) for j in (0, 1))
        return u_t + u * u_x - SHARP * dde.grad.hessian(u, x, i=0, j=0)

    class Look(dde.callbacks.Callback):
        """The error every 100 steps; its own time does not count."""

        def __init__(self) -> None:
            super().__init__()
            self.began, self.lost, self.steps, self.next = time.perf_counter(), 0.0, 0, 0

        def on_batch_end(self) -> None:
            self.steps += 1
            step = self.model.train_state.iteration
            if self.steps < self.next:
                return
            self.next = self.steps + (100 if step < steps else 1)
            start = time.perf_counter()
            u = self.model.predict(places)
            error = float(np.linalg.norm(u - exact) / np.linalg.norm(exact))
            seconds = start - self.began - self.lost
            print(json.dumps({"step": step, "seconds": seconds, "rel_l2": error}), flush=True)
            self.lost += time.perf_counter() - start
            if error < asked.until or seconds > asked.seconds:
                raise Enough

    box = dde.geometry.GeometryXTime(
        dde.geometry.Interval(-1, 1), dde.geometry.TimeDomain(0, 0.99)
    )
    wall = dde.icbc.DirichletBC(box, lambda x: 0, lambda _, on: on)
    begin = dde.icbc.IC(box, lambda x: -np.sin(np.pi * x[:, :1]), lambda _, on: on)
    data = dde.data.TimePDE(
        box, residual, [wall, begin], num_domain=inside, num_boundary=walls, num_initial=160
    )
    model = dde.Model(data, dde.nn.FNN([2] + [20] * 3 + [1], "tanh", "Glorot normal"))
    look = Look()

    def train(**more: Any) -> None:
        model.compile("adam", lr=1e-3)
        model.train(iterations=steps, callbacks=[look, *more.pop("also", ())], verbose=0, **more)
        model.compile("L-BFGS")
        model.train(callbacks=[look], verbose=0)

    try:
        train()
        if asked.example == "Burgers_NNCG":
            dde.optimizers.set_NNCG_options(rank=50, mu=1e-1)
            model.compile("NNCG")
            model.train(iterations=1000, callbacks=[look], verbose=0)
        somewhere = box.random_points(100_000)
        while asked.example == "Burgers_RAR":
            worst = np.abs(model.predict(somewhere, operator=residual))
            data.add_anchors(somewhere[np.argmax(worst)])
            stop = dde.callbacks.EarlyStopping(min_delta=1e-4, patience=2000)
            train(disregard_previous_best=True, also=(stop,))
    except Enough:
        pass


if __name__ == "__main__":
    main()
