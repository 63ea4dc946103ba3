"""The static twin: the panel's picture for saved notebooks, paper and pages. Draws no mark itself.

Knows no widget. What it leaves in a notebook is a picture and its words, for who cannot see it.
"""

import base64
import html
from typing import TYPE_CHECKING, Any

from sciml_widgets.knobs import knobs, values
from sciml_widgets.live.drawing import render
from sciml_widgets.live.losses import loss_plots
from sciml_widgets.live.sheet import png
from sciml_widgets.live.steer import goal_words
from sciml_widgets.picture import Picture
from sciml_widgets.player import Player
from sciml_widgets.words import name_of, setting, spoken

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "Twin", "alt", "display_folded", "display_png", "display_still", "figure", "png", "title",
]  # fmt: skip

UNSEEN = "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)"
"""JupyterLab ignores a picture's alt text, so the words follow it: heard, but not seen."""
HIDE_DEAD = (
    "<style>.jp-OutputArea-child:not(:has(.sciml-panel)):has(+ .jp-OutputArea-child .sciml-static)"
    "{display:none}</style>"
)
"""A reopened notebook has no model for the live panel; JupyterLab says so above the twin."""


def figure(player: Player, size: int = 128) -> "Figure":
    """The player's picture and its series, two plots in a row."""
    picture, more, heading = player.ask(
        lambda: (player.draw(size), loss_plots(player.history, player.ticks), title(player))
    )
    return render(picture, more, heading)


def title(player: Player) -> str:
    """Name, step, errors, and the first few knobs that are not at their default."""
    lab = player.experiment
    known = knobs(lab)
    moved = [
        setting(name_of(path, known[path].label), known[path].default, value, known[path].unit)
        for path, value in values(lab).items()
        if value != known[path].default and path not in player.unseen
    ]
    errors = [
        f"{one.label or one.name} {spoken(player.scalars[one.name], one.percent)}"
        for one in lab.series
        if one.role == "error" and one.name in player.scalars
    ]
    goal = goal_words(player)
    judged = [goal["text"]] if goal and goal["state"] != "open" else []
    parts = [lab.title or type(lab).__name__, f"step {player.step_now}", *errors, *judged, *moved]
    return "  ·  ".join(parts[:5]) + ("  ·  …" if len(parts) > 5 else "")


def alt(player: Player, picture: Picture | None = None) -> str:
    """The picture in words."""
    plots = [*(picture or player.draw(16)).plots, *loss_plots(player.history)]
    words = [f"{plot.title}: {plot.alt.rstrip('.')}" for plot in plots if plot.alt]
    return ". ".join([title(player), *words])


def display_still(player: Player) -> None:
    """Leave the picture as the output of this cell (nothing outside a notebook)."""
    try:
        from IPython import get_ipython
    except ImportError:
        return
    if get_ipython() is None:
        return
    display_png(png(figure(player)), alt(player))


def display_png(made: bytes, words: str) -> None:
    """Leave a picture with its words for who cannot see it."""
    from IPython.display import display

    bundle = {"image/png": base64.b64encode(made).decode(), "text/plain": words}
    display(bundle, metadata={"image/png": {"alt": words}}, raw=True)
    heard = f'<div style="{UNSEEN}">{html.escape(words)}</div>'
    display({"text/html": heard, "text/plain": words}, raw=True)


def display_folded(player: Player, question: str, answer: str) -> None:
    """The same below a question: picture and answer are folded away until somebody has guessed."""
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        return
    if get_ipython() is None:
        return
    lines = "<br>".join(html.escape(line) for line in answer.split("\n"))
    fold = (
        f"<p><b>{html.escape(question)}</b></p><details><summary>After your guess: the answer and "
        f"the run</summary><p>{lines}</p>{_image(player)}</details>"
    )
    display({"text/html": fold, "text/plain": f"{question}\n{answer}\n{alt(player)}"}, raw=True)


class Twin:
    """The still picture below a live panel, hidden by the panel's style while that is alive."""

    def __init__(self, name: str) -> None:
        from IPython.display import display

        self.name = name
        self.stamp: Any = None
        self._handle = display(self._bundle(""), display_id=f"sciml-{name}", raw=True)

    def _bundle(self, inside: str) -> dict[str, str]:
        block = f'{HIDE_DEAD}<div class="sciml-static sciml-static-{self.name}">{inside}</div>'
        return {"text/html": block, "text/plain": "static twin of the panel"}

    def update(self, player: Player, stamp: Any) -> None:
        """Draw the picture as it is now; `stamp` names what was drawn."""
        self.stamp = stamp
        if self._handle is not None:
            self._handle.update(self._bundle(_image(player)), raw=True)


def _image(player: Player) -> str:
    """The picture with its words, in HTML."""
    data = base64.b64encode(png(figure(player))).decode()
    return (
        f'<img style="max-width:100%" alt="{html.escape(alt(player), quote=True)}" '
        f'src="data:image/png;base64,{data}">'
    )
