"""The lecture's claims as labs: the runs that try them, and the verdict on what came out.

A new lab is an entry in the LABS of the module of its topic. Nothing here needs torch.
"""

import math

from ml.labs import generalisation, gradients, networks, training
from ml.labs.lab import SEEDS, Arm, Choice, Expected, Lab, Measure, Runs
from ml.labs.verdict import Reading, Verdict, decide, judge, measured

_BY_TOPIC: dict[str, Lab] = {
    **gradients.LABS,
    **training.LABS,
    **generalisation.LABS,
    **networks.LABS,
}

# By the name in the address, in the order of the lecture; after these what only the paper has.
LABS = dict(sorted(_BY_TOPIC.items(), key=lambda named: max(named[1].rows, default=math.inf)))

__all__ = [
    "LABS", "SEEDS", "Arm", "Choice", "Expected", "Lab", "Measure", "Reading", "Runs", "Verdict", "decide", "judge",
    "measured",
]  # fmt: skip
