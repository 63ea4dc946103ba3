"""Maps of water vapour with a river in them, or without: made, labelled, split. Knows no network.

A map is made from its label, so the label has no mistake. What tells the classes apart is the
*shape*: a river is long and narrow, and everything else (amount of water, brightest place, noise)
has the same distribution in both.
"""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float, Int

__all__ = ["SIZE", "Maps", "coast", "longest", "make", "shuffled", "split", "tell_apart"]

SIZE = 32
"""Cells of a map in each direction."""
COAST = 3
"""Columns of the coast, at the left edge."""
LENGTH, WIDTH = 24.0, 1.2
"""Of a river, in cells; the width is a standard deviation."""
PLACES = 160
AMOUNT = 90.0
"""Water of a river or of all patches together: the sum over the map, in units of the fields."""

Fields = Float[np.ndarray, "n 32 32"]
Whole = Int[np.ndarray, " n"]


@dataclass(frozen=True)
class Maps:
    """`fields` (n, 32, 32) in units of the typical vapour, `river` 0 or 1, and the `event`.

    One event is one weather situation; several maps of it are snapshots while it drifts.
    """

    fields: Fields
    river: Whole
    event: Whole

    def take(self, which: np.ndarray) -> "Maps":
        """Some of the maps, by index or by a mask."""
        return Maps(self.fields[which], self.river[which], self.event[which])

    def __len__(self) -> int:
        return len(self.river)


def make(
    events: int, generator: np.random.Generator, *, snapshots: int = 4, rivers: float = 0.5,
    noise: float = 0.3,
) -> Maps:  # fmt: skip
    """Maps of so many events, `snapshots` of each; a share `rivers` of the events has a river.

    A river is water along a curved line, 24 cells long and 1.2 wide. Without one, the same amount
    of water lies in one to three round patches that cover about the same area. Both lie on a
    smooth random background, drift from snapshot to snapshot, and have noise in every cell.

    Raises:
        ValueError: fewer than one event or snapshot, or a share outside [0, 1].
    """
    if events < 1 or snapshots < 1 or not 0 <= rivers <= 1:
        raise ValueError(
            f"{events} events with {snapshots} snapshots and a share {rivers} of rivers: "
            "give at least one of each, and a share between 0 and 1"
        )
    fields, labels = [], []
    for _ in range(events):
        river = int(generator.random() < rivers)
        places = _river(generator) if river else _patches(generator)
        background = _smooth(generator)
        drift = generator.uniform(-0.8, 0.8, 2)
        for k in range(snapshots):
            water = _wet(places + k * drift, AMOUNT * generator.uniform(0.8, 1.2))
            cells = generator.normal(0.0, noise, (SIZE, SIZE))
            fields.append(water + background + cells)
            labels.append(river)
    events_of = np.repeat(np.arange(events), snapshots)
    return Maps(np.array(fields), np.array(labels), events_of)


def coast(maps: Maps, strength: float, generator: np.random.Generator) -> Maps:
    """The same maps with a coast at the left edge, bright in some and dark in others.

    `strength` ρ in [-1, 1] is the correlation of brightness and river: at ρ the coast is bright
    with probability (1 + ρ)/2 where there is a river, and (1 - ρ)/2 where there is none. It has
    nothing to do with the weather. Raises ValueError.
    """
    if not -1 <= strength <= 1:
        raise ValueError(f"strength={strength} is no correlation: give a number in [-1, 1]")
    agrees = generator.random(len(maps)) < (1 + strength) / 2
    bright = np.where(agrees, maps.river, 1 - maps.river)
    fields = maps.fields.copy()
    fields[:, :, :COAST] += np.where(bright, 1.0, -1.0)[:, None, None]
    return replace(maps, fields=fields)


def shuffled(maps: Maps, generator: np.random.Generator) -> Maps:
    """The same maps with all cells moved to other places, in all maps alike."""
    order = generator.permutation(SIZE * SIZE)
    flat = maps.fields.reshape(len(maps), -1)[:, order]
    return replace(maps, fields=flat.reshape(-1, SIZE, SIZE))


def split(
    maps: Maps, share: float, generator: np.random.Generator, *, by_event: bool = True
) -> tuple[Maps, Maps]:
    """Training and test maps; `share` of the events (or of the maps) are for training.

    By event no situation stands on both sides. By map, snapshots of one event do: the test then
    asks for what was shown. Raises ValueError if a side would be empty.
    """
    names = np.unique(maps.event) if by_event else np.arange(len(maps))
    count = round(share * len(names))
    if not 0 < count < len(names):
        raise ValueError(f"share={share} of {len(names)} leaves one side empty")
    chosen = generator.permutation(names)[:count]
    first = np.isin(maps.event if by_event else np.arange(len(maps)), chosen)
    return maps.take(first), maps.take(~first)


def longest(fields: Fields, level: float = 0.9) -> np.ndarray:
    """A rule without a network: how far the largest connected wet region reaches, in cells.

    The map is smoothed, all above `level` is wet, and the diagonal of the box around the largest
    region is its reach. Shape (n, 32, 32) to (n,).
    """
    from scipy.ndimage import find_objects, label, uniform_filter

    reach = np.zeros(len(fields))
    for k, one in enumerate(fields):
        found: Any = label(uniform_filter(one, 3) > level, np.ones((3, 3)))
        regions, count = found
        if count:
            sizes = np.bincount(regions.ravel())[1:]
            boxes: Any = find_objects(regions)
            box = boxes[int(sizes.argmax())]
            reach[k] = math.hypot(*(side.stop - side.start for side in box))
    return reach


def tell_apart(score: np.ndarray, river: np.ndarray) -> tuple[float, float]:
    """The threshold of a score that is most often right, and how often it is."""
    order = np.argsort(score)
    sorted_river = river[order]
    right = np.concatenate([[0], np.cumsum(1 - sorted_river)]) + np.concatenate(
        [np.cumsum(sorted_river[::-1])[::-1], [0]]
    )
    best = int(right.argmax())
    edges = np.concatenate([[-np.inf], score[order], [np.inf]])
    return float((edges[best] + edges[best + 1]) / 2), float(right[best] / len(river))


def _river(generator: np.random.Generator) -> np.ndarray:
    """Places along a streamline of a random flow: follow the direction, which turns smoothly."""
    turn = generator.normal(0.0, 0.035, 3)
    phase, angle = generator.uniform(0, 2 * math.pi, 2)
    along = np.linspace(-LENGTH / 2, LENGTH / 2, PLACES)
    heading = angle + turn[0] * along + 6 * turn[1] * np.sin(along / 6 + phase)
    steps = np.stack([np.cos(heading), np.sin(heading)], 1) * (along[1] - along[0])
    path = np.cumsum(steps, 0)
    return path - path.mean(0) + _centre(generator)


def _patches(generator: np.random.Generator) -> np.ndarray:
    """The same number of places, in one to three round patches with the same area in all."""
    count = int(generator.integers(1, 4))
    radius = math.sqrt(LENGTH * 2.5 * WIDTH / math.pi / count)
    which = generator.integers(0, count, PLACES)
    middles = np.stack([_centre(generator) for _ in range(count)])
    far = radius * np.sqrt(generator.random(PLACES))
    angle = generator.uniform(0, 2 * math.pi, PLACES)
    return middles[which] + far[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)


def _centre(generator: np.random.Generator) -> np.ndarray:
    return SIZE / 2 + generator.uniform(-6, 6, 2)


def _wet(places: np.ndarray, amount: float) -> np.ndarray:
    """Water on the map: a small round drop at each place, the whole scaled to `amount`."""
    cells = np.arange(SIZE) + 0.5
    across = np.exp(-((cells - places[:, :1]) ** 2) / (2 * WIDTH**2))
    up = np.exp(-((cells - places[:, 1:]) ** 2) / (2 * WIDTH**2))
    water = up.T @ across
    return amount * water / water.sum()


def _smooth(generator: np.random.Generator) -> np.ndarray:
    """A smooth random background: a few long waves with random heights and phases."""
    k = np.fft.fftfreq(SIZE, 1 / SIZE)
    size = np.exp(-(k[:, None] ** 2 + k**2) / 4)
    field = np.fft.ifft2(size * np.fft.fft2(generator.standard_normal((SIZE, SIZE)))).real
    return 0.3 * field / field.std()
