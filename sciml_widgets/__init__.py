"""Scientific machine learning that you can touch. Imports nothing before it is asked for."""

import importlib
from typing import Any

__version__ = "0.1.0"

_HOME = {
    "Arrows": "picture",
    "Axis": "picture",
    "Bars": "picture",
    "Diverged": "experiment",
    "Experiment": "experiment",
    "Frame": "experiment",
    "Image": "picture",
    "Lines": "picture",
    "Picture": "picture",
    "Player": "player",
    "Plot": "picture",
    "Points": "picture",
    "Preset": "preset",
    "Record": "record",
    "RecordError": "record",
    "Series": "experiment",
    "Text": "picture",
    "Turn": "record",
    "View": "picture",
    "action": "knobs",
    "choice": "knobs",
    "controls": "live.controls",
    "curve": "touch",
    "guess_choice": "predict",
    "guess_curve": "predict",
    "guess_number": "predict",
    "knob": "knobs",
    "load": "record",
    "load_weights": "labs.take_away",
    "places": "touch",
    "replay": "headless",
    "run": "headless",
    "save": "record",
    "show": "live.show",
    "sweep": "grid",
    "to_code": "labs.take_away",
    "toggle": "knobs",
    "trace": "live.trace",
}
"""Where each public name lives."""

__all__ = ["__version__", *_HOME]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
