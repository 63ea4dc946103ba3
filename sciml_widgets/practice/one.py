"""Two checks of practice on one run: one sample by heart, and counting. Knows no lab."""

from typing import Any

import numpy as np

from sciml_widgets.knobs import knobs, read, replaced
from sciml_widgets.networks import count_weights
from sciml_widgets.picture import Axis, Bars, Picture, Plot
from sciml_widgets.practice.finding import Finding, course_of, label_of
from sciml_widgets.practice.runs import (
    Lab,
    amount,
    amounts,
    ends,
    finite,
    last,
    made,
    network_of,
    ran,
)
from sciml_widgets.words import name_of, spoken

__all__ = ["count_parameters", "overfit_one"]


def overfit_one(
    lab: Lab, *, knob: str = "", frames: int | None = None, share: float = 0.1
) -> Finding:
    """Train on one sample, or on the fewest that the lab takes: the loss must fall below `share`.

    A network that cannot learn one sample by heart will not learn a thousand: something is put
    together wrongly. Passing says nothing about other samples.

    Args:
        lab: its own values serve for all other knobs.
        knob: says how much is learned from; default: the first of `AMOUNTS` that the lab has.
        frames: the length of the run; default: the lab's, at most 300.
        share: of the largest loss at the start.

    Raises:
        ValueError: a lab without a loss, or without such a knob; names those it has.
    """
    experiment = made(lab)
    path, slider = amount(experiment, knob)
    player = ran(replaced(experiment, {path: slider.low}), frames)
    there = ends(player, slider.low, "")
    left = there.loss / there.before if there.before > 0 else 1.0
    passed = player.state != "diverged" and left < share
    now = f"{name_of(path, slider.label)} {slider.spell(slider.low)}"
    if player.state == "diverged":
        verdict = f"Not passed ({now}). {player.message} Take a smaller learning rate."
    elif passed:
        verdict = (
            f"Passed ({now}): after {player.step_now} steps the loss is {spoken(left, True)} of "
            "what it was. It can learn. What it knows of others, this does not say."
        )
    else:
        verdict = (
            f"Not passed ({now}): after {player.step_now} steps the loss is still "
            f"{spoken(left, True)} of what it was. Look for the reason before anything else: the "
            "learning rate, too few steps, labels of other inputs, a layer that does not train."
        )
    rows = [
        (label_of(one), spoken(y[0], one.percent), spoken(last(y), one.percent))
        for one in experiment.series
        if one.role != "metric" and (y := finite(player, one.name))
    ]
    head = ("", "at the start", "at the end")
    return Finding(verdict, passed, head, tuple(rows), course_of(player), (there,))


def count_parameters(lab: Lab) -> Finding:
    """Count what training changes, layer by layer, beside the number of samples.

    It runs the lab up to its first snapshot, which must hold the network.

    Raises:
        ValueError: a lab whose snapshot holds no network.
    """
    experiment = made(lab, loss=False)
    network = network_of(experiment)
    layers = [
        (f"{type(module).__name__} {name}".rstrip(), own)
        for name, module in network.named_modules()
        if (own := [w for w in module.parameters(recurse=False) if w.requires_grad])
    ]
    counts = [sum(weight.numel() for weight in own) for _, own in layers]
    rows = [
        (str(k), name, " + ".join(map(_shape, own)), f"{count:,}")
        for k, ((name, own), count) in enumerate(zip(layers, counts, strict=True), 1)
    ]
    total = count_weights(network)
    verdict = f"Training changes {total:,} numbers."
    for path in amounts(experiment)[:1]:
        many, label = read(experiment, path), name_of(path, knobs(experiment)[path].label)
        verdict += f" It learns from {many:,} ({label}): {total / many:,.2g} for each of them."
        if total > many:
            verdict += " It may learn them by heart, so judge it on others."
    most = max(counts, default=0)
    bars = Plot(
        "weights, layer by layer", (Bars(np.arange(1.0, len(layers) + 1), np.array(counts), 0.6),),
        Axis("layer", 0.4, len(layers) + 0.6), Axis("", 0.0, 1.1 * max(most, 1)),
        alt=f"{total:,} weights in {len(layers)} layers; the largest has {most:,}.",
    )  # fmt: skip
    rows.append(("", "**all**", "", f"**{total:,}**"))
    head = ("", "layer", "shapes", "weights")
    return Finding(verdict, None, head, tuple(rows), Picture((bars,)))


def _shape(weight: Any) -> str:
    return " x ".join(map(str, weight.shape))
