"""What lesson 09 reports about one network for many letters, trained until its rate is small."""

from benchmarks.lesson_09_control import SEEDS, SMOKE, network
from benchmarks.results import Part

__all__ = ["PARTS"]

PARTS = {
    "longer": Part(
        network,
        {"strokes": {"steps": 300}},
        ("benchmarks/lesson_09_network.py", *SMOKE),
        SEEDS,
    ),
}
