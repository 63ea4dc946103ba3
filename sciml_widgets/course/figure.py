"""A still picture in a lesson, from the same marks as in the labs. Knows no lesson and no lab."""

from sciml_widgets.picture import Picture, Plot

__all__ = ["draw"]


def draw(*plots: Plot, caption: str = "") -> None:
    """Leave plots, two in a row, as the picture of this cell (nothing outside a notebook).

    Raises:
        ValueError: a plot without `alt`, its words for who cannot see it.
    """
    silent = [plot.title for plot in plots if not plot.alt]
    if silent:
        raise ValueError(f"a plot needs alt=, one sentence that says it: {', '.join(silent)}")
    from IPython import get_ipython

    from sciml_widgets.live.drawing import render
    from sciml_widgets.live.twin import display_png, png

    made = png(render(Picture(plots, caption)))
    if get_ipython() is None:
        return
    display_png(made, " ".join(f"{plot.title}: {plot.alt}" for plot in plots))
