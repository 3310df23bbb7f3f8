"""The menu: every activation, initialiser, optimizer and data set a run can be made of.

One entry per choice. The form, the API, the docs and the tests are drawn from these tables, so a new activation is one
new entry here.
"""

from ml.catalog.entries import Activation, DataSet, Floats, Initialiser, Optimizer, Option, Scaling
from ml.catalog.images import DATASETS, SCALINGS
from ml.catalog.networks import ACTIVATIONS, ARCHITECTURES, BATCH_NORMS, INITIALISERS
from ml.catalog.training import CLIPS, LOSSES, OPTIMIZERS

__all__ = [
    "ACTIVATIONS", "ARCHITECTURES", "BATCH_NORMS", "CLIPS", "DATASETS", "INITIALISERS", "LOSSES", "OPTIMIZERS",
    "SCALINGS", "Activation", "DataSet", "Floats", "Initialiser", "Optimizer", "Option", "Scaling",
]  # fmt: skip
