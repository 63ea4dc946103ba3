"""Rules of practice as live checks that any lab takes. Knows no lab, only its knobs and series.

    overfit_one(lab)       can it learn one sample by heart?
    count_parameters(lab)  how many numbers does training change?
    grow_data(lab)         what do more data buy?
    sweep_rate(lab)        which learning rate?

The rules are those of P. Kicsiny's lecture (CERN openlab, 15 July 2024).
"""

from sciml_widgets.practice.finding import Finding
from sciml_widgets.practice.many import grow_data, sweep_rate
from sciml_widgets.practice.one import count_parameters, overfit_one
from sciml_widgets.practice.runs import Ran

__all__ = ["Finding", "Ran", "count_parameters", "grow_data", "overfit_one", "sweep_rate"]
