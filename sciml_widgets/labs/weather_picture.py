"""What the lab of weather maps shows: a map, what decides, who is wrong. Trains nothing."""

import math

import numpy as np

from sciml_widgets.picture import Axis, Bars, Image, Plot, Text
from sciml_widgets.weather import SIZE

__all__ = ["weather_plots"]

BOX = (0.0, float(SIZE), 0.0, float(SIZE))
SIDES = Axis("cells", 0.0, float(SIZE)), Axis("", 0.0, float(SIZE))


def weather_plots(
    field: np.ndarray, looked: np.ndarray, is_river: str, chance: str, wrong: tuple[float, float]
) -> tuple[Plot, ...]:
    """A map, the slope of the answer in each cell, and the wrong answers in each class.

    `is_river` and `chance` say what the map has and how sure the network is of a river: "" before
    there is a map. `wrong` are shares: without a river, and with one; NaN before a test.
    """
    tested = not math.isnan(sum(wrong))
    no, yes = (f"{100 * share:.0f} %" if tested else "not yet" for share in wrong)
    wrong = wrong if tested else (0.0, 0.0)
    return (
        Plot("a map of the test", (Image(field, BOX, -1.0, 3.0, unit="vapour"),), *SIDES,
             note=is_river, equal=True, alt=f"a map with {is_river or 'nothing on it yet'}"),
        Plot("where it looks", (Image(looked, BOX, 0.0, 1.0, unit="of the largest"),), *SIDES,
             note=chance, equal=True,
             alt="how strongly the answer changes with each cell"),
        Plot("wrong in the test", (
            Bars(np.array([0.0, 1.0]), np.array(wrong), 0.6, "", 1),
            Text(0.0, wrong[0] + 0.07, f"no river: {no}", align="center"),
            Text(1.0, wrong[1] + 0.07, f"river: {yes}", align="center"),
        ), Axis("", -0.6, 1.6, bare=True), Axis("share of the class", 0.0, 1.2, percent=True),
            alt=f"{no} of those without a river, {yes} of those with one" if tested else
            "nothing has been tested yet"),
    )  # fmt: skip
