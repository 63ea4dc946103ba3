"""Labs: experiments that are ready to be shown, one a file, named as the file is.

`BurgersPINN` lives in `burgers_pinn.py` and is `burgers-pinn` on the command line. Nothing is
imported before it is asked for: the files' names are enough to know what there is.
"""

import importlib
import pkgutil
from dataclasses import MISSING, fields
from typing import Any

from sciml_widgets.experiment import Experiment
from sciml_widgets.record import lab_name

__all__ = ["labs"]


def labs() -> dict[str, type[Experiment]]:
    """Every lab that needs no argument, by its name in kebab case."""
    found: dict[str, type[Experiment]] = {}
    for module in pkgutil.iter_modules(__path__):
        for value in vars(importlib.import_module(f"{__name__}.{module.name}")).values():
            if isinstance(value, type) and issubclass(value, Experiment) and _is_ready(value):
                found[lab_name(value)] = value
    return dict(sorted(found.items()))


def __getattr__(name: str) -> Any:
    module = lab_name(name).replace("-", "_")
    if module in {found.name for found in pkgutil.iter_modules(__path__)} and module != name:
        return getattr(importlib.import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"there is no lab {name!r} in {__name__}")


def _is_ready(lab: type[Experiment]) -> bool:
    """A lab is ready when each of its knobs has a default; `Experiment` and `PINN` are not."""
    if lab is Experiment:
        return False
    return all(
        field.default is not MISSING or field.default_factory is not MISSING
        for field in fields(lab)  # type: ignore[arg-type]
    )
