"""Labs for the tests of sweeps: in a file of their own, where other processes find them."""

import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sciml_widgets import Experiment, Frame, Series, knob, toggle


@dataclass
class Decay(Experiment):
    """x falls by the share `rate` in each step; it grows without end where rate > 2."""

    rate: float = knob(0.1, 0.0, 9.0)
    noise: float = knob(0.0, 0.0, 1.0)
    seed: int = knob(0, 0, 99999, kind="restart")
    fails: bool = toggle(False)

    length = 40
    series = (Series("rest", "what is left", role="error"), Series("loss", role="loss"))

    def frames(self) -> Iterator[Frame]:
        random, x = np.random.default_rng(self.seed), 1.0
        for step in range(self.length):
            if self.fails and step == 2:
                raise RuntimeError("this lab fails")
            loss = x**2 if abs(x) < 1e9 else np.inf
            yield Frame(step, {"rest": abs(x), "loss": loss})
            x *= 1 - self.rate + 1e-3 * self.noise * random.normal()


@dataclass
class Where(Experiment):
    """Tells which process it is in."""

    rate: float = knob(0.1, 0.0, 9.0)

    length = 2
    series = (Series("process"),)

    def frames(self) -> Iterator[Frame]:
        for step in range(self.length):
            yield Frame(step, {"process": os.getpid()})


@dataclass
class Dies(Experiment):
    """Its process is gone, without a word, the first `deaths` times."""

    deaths: int = knob(0, 0, 99)
    rate: float = knob(0.1, 0.0, 1.0)
    test: int = knob(0, 0, 10**9)

    length = 2
    series = (Series("rest", role="error"),)

    def frames(self) -> Iterator[Frame]:
        note = Path(tempfile.gettempdir()) / f"sweep-{self.test}-{self.deaths}-{self.rate}"
        before = len(note.read_text()) if note.exists() else 0
        if before < self.deaths:
            note.write_text("x" * (before + 1))
            os._exit(3)
        for step in range(self.length):
            yield Frame(step, {"rest": self.rate})


@dataclass
class Slow(Experiment):
    """Each of two steps takes so many seconds."""

    seconds: float = knob(0.0, 0.0, 100.0)

    length = 2
    series = (Series("rest", role="error"),)

    def frames(self) -> Iterator[Frame]:
        for step in range(self.length):
            time.sleep(self.seconds)
            yield Frame(step, {"rest": self.seconds})
