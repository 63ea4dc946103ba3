"""A still picture in a lesson, from the same marks as in the labs. Knows no lesson and no lab."""

import base64
import html

from sciml_widgets.picture import Picture, Plot

__all__ = ["draw"]

UNSEEN = "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)"
"""JupyterLab ignores a picture's alt text, so the words follow it: heard, but not seen."""


def draw(*plots: Plot, caption: str = "") -> None:
    """Leave plots, two in a row, as the picture of this cell (nothing outside a notebook).

    Raises:
        ValueError: a plot without `alt`, its words for who cannot see it.
    """
    silent = [plot.title for plot in plots if not plot.alt]
    if silent:
        raise ValueError(f"a plot needs alt=, one sentence that says it: {', '.join(silent)}")
    from IPython import get_ipython
    from IPython.display import display

    from sciml_widgets.live import twin

    made = twin.png(twin.render(Picture(plots, caption)))
    if get_ipython() is None:
        return
    words = " ".join(f"{plot.title}: {plot.alt}" for plot in plots)
    bundle = {"image/png": base64.b64encode(made).decode(), "text/plain": words}
    display(bundle, metadata={"image/png": {"alt": words}}, raw=True)
    spoken = {
        "text/html": f'<div style="{UNSEEN}">{html.escape(words)}</div>',
        "text/plain": words,
    }
    display(spoken, raw=True)
