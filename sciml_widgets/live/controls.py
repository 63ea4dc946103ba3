"""Plain ipywidgets for the knobs of a panel, for people who lay out their own dashboards."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sciml_widgets.experiment import Experiment
from sciml_widgets.knobs import Action, Choice, Knob, Slider, Toggle, knobs, read, resolve
from sciml_widgets.live.panel import Panel
from sciml_widgets.player import Player
from sciml_widgets.touch import Curve, Places
from sciml_widgets.words import name_of

if TYPE_CHECKING:
    import ipywidgets

__all__ = ["controls"]


def controls(
    of: Experiment | Player | Panel, names: Iterable[str] | None = None
) -> "ipywidgets.VBox":
    """One ordinary widget for each knob, bound to a player: FloatLogSlider, IntSlider, Dropdown...

    `of` is a panel, a player, or an experiment (which then gets a player of its own, started).
    A panel's hidden knobs are left out, locked ones cannot be turned. The box has the attributes
    `player` and `by_path` (the widgets). Raises ValueError for a name that is no knob.
    """
    import ipywidgets

    player = of.player if isinstance(of, Panel) else of if isinstance(of, Player) else Player(of)
    hidden, locked = (of.hidden, of.locked) if isinstance(of, Panel) else ((), ())
    paths = [resolve(player.experiment, name) for name in names or knobs(player.experiment)]
    made = {path: _widget(player, path) for path in paths if path not in hidden}
    for path in locked:
        if path in made:
            made[path].disabled = True
    box = ipywidgets.VBox(list(made.values()))
    box.player, box.by_path = player, made  # type: ignore[attr-defined]
    player.start()
    return box


def _widget(player: Player, path: str) -> Any:
    import ipywidgets

    knob: Knob = knobs(player.experiment)[path]
    value = read(player.experiment, path)
    name = name_of(path, knob.label)
    look: dict[str, Any] = {
        "description": name + (f" [{knob.unit}]" if knob.unit else ""),
        "tooltip": knob.help or name,
        "style": {"description_width": "initial"},
    }
    eager = knob.kind != "restart"  # a restart knob acts when the hand lets go
    match knob:
        case Slider(whole=True):
            made = ipywidgets.IntSlider(
                value, int(knob.low), int(knob.high), continuous_update=eager, **look
            )
        case Slider(log=True):
            from math import log10

            made = ipywidgets.FloatLogSlider(
                value, min=log10(knob.low), max=log10(knob.high), readout_format=".3g",
                continuous_update=eager, **look,
            )  # fmt: skip
        case Slider():
            step = knob.step or (knob.high - knob.low) / 200
            made = ipywidgets.FloatSlider(
                value, min=knob.low, max=knob.high, step=step, readout_format=".3g",
                continuous_update=eager, **look,
            )  # fmt: skip
        case Choice():
            made = ipywidgets.Dropdown(options=knob.options, value=value, **look)
        case Toggle():
            made = ipywidgets.Checkbox(value, **look)
        case Action():
            del look["style"]
            made = ipywidgets.Button(**look)
            made.on_click(lambda _button: player.press(path))
            return made
        case Curve() | Places():
            made = ipywidgets.Text(knob.spell(value), continuous_update=False, **look)
        case _:
            raise TypeError(f"{path}: no plain widget for a {type(knob).__name__}")

    def turned(change: Any) -> None:
        new = change.new
        if isinstance(knob, Slider):  # 10 ** log10(high) may be a hair above high
            new = min(max(new, knob.low), knob.high)
        elif isinstance(knob, (Curve, Places)):
            try:
                new = knob.parse(new)
            except ValueError as error:
                made.value, made.tooltip = change.old, str(error)
                return
            made.tooltip = knob.help or name
        player.turn(path, new)

    made.observe(turned, "value")
    return made
