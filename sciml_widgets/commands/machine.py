"""The commands about this machine: doctor and lab-settings. Knows no lab and no lesson."""

import json
from typing import Any

from sciml_widgets.commands.codes import BROKE, GOOD

__all__ = ["change_settings", "examine"]


def change_settings(arguments: Any) -> int:
    """Put JupyterLab's defaults in or out, and tell which are there."""
    from sciml_widgets import lab_settings

    found, said = lab_settings.report(), list[str]()  # complains before anything is written
    if arguments.install:
        said += lab_settings.install(arguments.dry_run)
    elif arguments.remove and not lab_settings.remove(arguments.dry_run):
        said.append("there was nothing to remove")
    if arguments.dry_run:
        said.append("nothing was changed: a dry run")
    else:
        found = lab_settings.report()
    told = "\n".join([lab_settings.text(found), *said])
    print(json.dumps({**found, "said": said}) if arguments.json else told)
    return GOOD


def examine(arguments: Any) -> int:
    """Tell what works on this machine and what does not."""
    from sciml_widgets import doctor

    found = doctor.report()
    print(json.dumps(found) if arguments.json else doctor.text(found))
    return GOOD if doctor.healthy(found) else BROKE
