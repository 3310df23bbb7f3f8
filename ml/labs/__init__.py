"""The lecture's claims as labs: the runs that try them, and the verdict on what came out.

A new lab is an entry in the LABS of the module of its topic. Nothing here needs torch.
"""

from ml.labs import (
    activations,
    generalisation,
    glorot_cost,
    glorot_saturation,
    glorot_start,
    glorot_training,
    gradients,
    networks,
    training,
    variance,
)
from ml.labs.lab import SEEDS, Arm, Choice, Expected, Lab, Measure, Runs
from ml.labs.verdict import Reading, Verdict, decide, judge, measured

_OF_THE_LECTURE: dict[str, Lab] = {
    **gradients.LABS,
    **variance.LABS,
    **activations.LABS,
    **training.LABS,
    **generalisation.LABS,
    **networks.LABS,
}

# By the name in the address, in the order of the lecture, then that of the paper.
LABS: dict[str, Lab] = {
    **dict(sorted(_OF_THE_LECTURE.items(), key=lambda named: max(named[1].rows))),
    **glorot_saturation.LABS,
    **glorot_cost.LABS,
    **glorot_start.LABS,
    **glorot_training.LABS,
}

__all__ = [
    "LABS", "SEEDS", "Arm", "Choice", "Expected", "Lab", "Measure", "Reading", "Runs", "Verdict", "decide", "judge",
    "measured",
]  # fmt: skip
