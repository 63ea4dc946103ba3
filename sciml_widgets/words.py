"""How numbers and turned knobs are told to people, alike everywhere. Knows no knob and no run."""

import math
from typing import Any

__all__ = ["change", "name_of", "setting", "spoken"]


def spoken(value: float, percent: bool = False) -> str:
    """A number: "5 %", "1200 %", "0.012", "not finite"."""
    if not math.isfinite(value):
        return "not finite"
    if not percent:
        return f"{value:.3g}"
    number = 100 * value
    return f"{number:.0f} %" if 999.5 <= abs(number) < 1e5 else f"{number:.3g} %"


def name_of(path: str, label: str = "") -> str:
    """What a knob is called: its label, else the last word of its path.

    >>> name_of("weights.w_ic"), name_of("nu", "viscosity")
    ('w ic', 'viscosity')
    """
    return label or path.rpartition(".")[2].replace("_", " ")


def change(label: str, old: Any, new: Any) -> str:
    """A turn in a few words; of a drawn curve or placed points no list of numbers.

    >>> change("ν", 0.05, 0.01), change("start", (0.0, 1.0), (0.0, 0.5))
    ('ν 0.05 → 0.01', 'start drawn')
    """
    if not isinstance(new, tuple):
        return f"{label} {_value(old)} → {_value(new)}"
    if not isinstance(new[0], tuple):
        return f"{label} drawn"
    return f"{label} moved" if len(old) == len(new) else f"{label} {len(old)} → {len(new)}"


def setting(label: str, usual: Any, value: Any, unit: str = "") -> str:
    """Where a knob stands that is not where it usually is.

    >>> setting("thickness", 12, 15, "%"), setting("coast", False, True)
    ('thickness 15 %', 'coast on')
    """
    if isinstance(value, tuple):
        return change(label, usual, value)
    return f"{label} {_value(value)} {unit}".rstrip()


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
