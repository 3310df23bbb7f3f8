"""What the form asks: its fields in groups, in order, with the words that stand beside them.

Choices, labels and formulas come from the catalog, hints and bounds from RunSpec.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ml.catalog import (
    ACTIVATIONS,
    ARCHITECTURES,
    BATCH_NORMS,
    CLIPS,
    DATASETS,
    INITIALISERS,
    LOSSES,
    OPTIMIZERS,
    SCALINGS,
    Option,
)
from ml.spec import RunSpec

LABELS = {
    "name": "Name",
    "dataset": "Data set",
    "classes": "Classes",
    "train_size": "Training examples",
    "scaling": "Input scaling",
    "architecture": "Architecture",
    "channels": "Convolutions",
    "hidden": "Hidden layers",
    "activation": "Activation",
    "alpha": "α",
    "pieces": "Pieces",
    "init": "Initialisation",
    "init_std": "Standard deviation",
    "bias_init": "Biases",
    "transfer_from": "Layers from run",
    "transfer_layers": "Layers to take",
    "transfer_freeze": "Freeze them",
    "batch_norm": "Batch normalisation",
    "dropout": "Dropout",
    "input_dropout": "Input dropout",
    "max_norm": "Max-norm c",
    "weight_decay": "Weight decay λ",
    "mc_passes": "Monte-Carlo passes",
    "loss": "Loss",
    "optimizer": "Optimizer",
    "lr": "Learning rate η",
    "momentum": "β, β₁",
    "beta2": "β₂",
    "rho": "ρ",
    "eps": "ε",
    "clip": "Gradient clipping",
    "clip_at": "Clip at c",
    "batch_size": "Batch size",
    "epochs": "Epochs",
    "steps_per_epoch": "Steps per epoch",
    "snapshot_every": "Steps between snapshots",
    "monitor_size": "Monitoring examples",
    "bins": "Histogram bins",
    "seed": "Seed",
}

HEAD = ("name", "seed")  # what the form asks beside its button, before the groups

GROUPS = {
    "Data": ("dataset", "scaling", "classes", "train_size"),
    "Network": ("architecture", "channels", "hidden", "activation", "alpha", "pieces", "batch_norm"),
    "Initialisation": (
        "init", "init_std", "bias_init", "transfer_from", "transfer_layers", "transfer_freeze",
    ),
    "Regularisation": ("dropout", "input_dropout", "max_norm", "weight_decay", "mc_passes"),
    "Optimisation": (
        "loss", "optimizer", "lr", "momentum", "beta2", "rho", "eps", "clip", "clip_at", "batch_size", "epochs",
        "steps_per_epoch",
    ),
    "Measuring": ("snapshot_every", "monitor_size", "bins", "seed"),
}  # fmt: skip

_FREEZE = {"": Option("", "no", "train them further"), "True": Option("True", "yes", "they stay as they are")}

CHOICES: dict[str, Mapping[str, Any]] = {
    "dataset": DATASETS,
    "scaling": SCALINGS,
    "architecture": ARCHITECTURES,
    "activation": ACTIVATIONS,
    "batch_norm": BATCH_NORMS,
    "init": INITIALISERS,
    "transfer_freeze": _FREEZE,
    "loss": LOSSES,
    "optimizer": OPTIMIZERS,
    "clip": CLIPS,
}


@dataclass(frozen=True)
class UsedBy:
    """The fields that decide whether another one is read: where one of them has one of `values`, or, without values,
    where one is filled in with anything but 0."""

    fields: tuple[str, ...]
    values: tuple[str, ...] = ()

    def reads(self, spec: RunSpec) -> bool:
        settings = (getattr(spec, field) for field in self.fields)
        found = [value for setting in settings for value in (setting if isinstance(setting, tuple) else (setting,))]
        return any(value in self.values for value in found) if self.values else any(found)


USED_BY = {
    "channels": UsedBy(("architecture",), ("cnn",)),
    "alpha": UsedBy(("activation",), tuple(a.name for a in ACTIVATIONS.values() if a.alpha is not None)),
    "pieces": UsedBy(("activation",), ("maxout",)),
    "init_std": UsedBy(("init",), ("normal",)),
    "transfer_layers": UsedBy(("transfer_from",)),
    "transfer_freeze": UsedBy(("transfer_from",)),
    "mc_passes": UsedBy(("dropout", "input_dropout")),
    "clip_at": UsedBy(("clip",), ("norm", "value")),
    **{
        constant: UsedBy(("optimizer",), tuple(o.name for o in OPTIMIZERS.values() if constant in o.defaults))
        for constant in ("momentum", "beta2", "rho", "eps")
    },
}

LISTS = ("hidden", "classes", "channels")
# One name for every layer, or several: one for each, which the form takes in a field of their own, named
# `activation_layers`, and shows an example of.
PER_LAYER = {"activation": "leaky_relu, relu", "init": "kaiming_normal, xavier_normal"}


def hint(name: str) -> str:
    """RunSpec's description in English, without what the form says otherwise."""
    described = RunSpec.model_fields[name].description or ""
    if name == "hidden":
        return f"{described}, for example 300, 100"
    if name in CHOICES:
        described = described.split("; empty")[0].replace(", or one for each hidden layer", "")
    return "" if described == LABELS[name] else described.removeprefix(f"{LABELS[name]}; ")
