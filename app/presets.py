"""What the form can be filled in with: the figures of Glorot & Bengio (2010) and the claims of the lecture.

The paper's networks have 1,000 units a layer and train for days; these have 100 or fewer and show the same in seconds.
A new preset is an entry in PRESETS.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.forms import plan_query
from app.i18n import gettext as _
from ml.spec import RunSpec


@dataclass(frozen=True)
class Preset:
    """`name` and `text` are messages. With `vary` or several `seeds` it is an experiment."""

    name: str
    text: str
    spec: RunSpec
    vary: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    seeds: int = 1


def preset_query(preset: Preset) -> str:
    """The query string that fills in the form, with the preset's name in the language in force."""
    return plan_query(preset.spec.model_copy(update={"name": _(preset.name)}), preset.vary, preset.seeds)


# As the paper trains: an endless stream of images, plain gradient descent, batches of 10.
_PAPER: dict[str, Any] = {"dataset": "shapeset", "optimizer": "sgd", "batch_size": 10, "steps_per_epoch": 200}
_FOUR_LAYERS = _PAPER | {"hidden": (100,) * 4}
_INITIALISED = _PAPER | {"activation": "tanh", "hidden": (100,) * 5, "epochs": 0}
_TRAINED = _PAPER | {"hidden": (100,) * 5, "lr": 0.1, "epochs": 25}
_INITS = {"init": ("standard", "xavier_uniform")}

_PAPER_PRESETS = (
    Preset(
        "Figure 2: sigmoid",
        "The top hidden layer is driven to 0 within the first epochs, where a sigmoid saturates, and stays there.",
        RunSpec(**_FOUR_LAYERS | {"activation": "sigmoid", "init": "standard", "lr": 0.3, "epochs": 10}),
    ),
    Preset(
        "Figure 3: tanh",
        "Layers saturate one after the other, from the bottom up: look at their 98th percentiles.",
        RunSpec(**_FOUR_LAYERS | {"activation": "tanh", "init": "standard", "lr": 0.2, "epochs": 40}),
    ),
    Preset(
        "Figure 3: softsign",
        "All layers move together, and far fewer units saturate than with tanh.",
        RunSpec(**_TRAINED | {"activation": "softsign", "init": "standard"}),
    ),
    Preset(
        "Figure 4: tanh beside softsign",
        "Activations after training: tanh's lower layers pile up at its ends, softsign stays on its bends.",
        RunSpec(**_FOUR_LAYERS | {"init": "standard", "lr": 0.2, "epochs": 40}),
        {"activation": ("tanh", "softsign")},
    ),
    Preset(
        "Figure 5: two losses",
        "Cross-entropy beside the quadratic loss, on which the paper finds more plateaus: compare the first epochs.",
        RunSpec(**_TRAINED | {"activation": "tanh", "init": "xavier_uniform"}),
        {"loss": ("cross_entropy", "quadratic")},
    ),
    Preset(
        "Figures 6–8: standard initialisation",
        "Before the first step: activations narrow towards the output, gradients towards the input.",
        RunSpec(**_INITIALISED, init="standard"),
    ),
    Preset(
        "Figures 6–8: normalized initialisation",
        "The same network with Xavier's: both keep their size from layer to layer.",
        RunSpec(**_INITIALISED, init="xavier_uniform"),
    ),
    Preset(
        "Figure 9: weight gradients",
        "Both initialisations while they train: see how far apart the layers' weight gradients are.",
        RunSpec(**_TRAINED | {"activation": "tanh", "lr": 0.05}),
        _INITS,
    ),
    Preset(
        "Figure 10: tanh, normalized",
        "Figure 3 again, with Xavier's initialisation: the upper layers no longer lag behind.",
        RunSpec(**_FOUR_LAYERS | {"activation": "tanh", "init": "xavier_uniform", "lr": 0.05, "epochs": 40}),
    ),
    Preset(
        "Table 1 and figure 11",
        "Three activations, two initialisations, three seeds of each: eighteen runs in one table.",
        RunSpec(**_TRAINED | {"lr": 0.05}),
        {"activation": ("softsign", "tanh", "sigmoid"), **_INITS},
        3,
    ),
)

_SMALL_STEPS: dict[str, Any] = {"optimizer": "sgd", "lr": 0.05}

_LECTURE_PRESETS = (
    Preset(
        "300-100 with ReLU",
        "The lecture's network: He's initialisation, ReLU, dropout 0.2.",
        RunSpec(hidden=(300, 100), dropout=0.2),
    ),
    Preset(
        "300-100 with leaky ReLU",
        "Its second form: leaky ReLU with α = 0.2 in the first layer, then ReLU.",
        RunSpec(hidden=(300, 100), activation=("leaky_relu", "relu"), alpha=0.2, dropout=0.2),
    ),
    Preset(
        "Vanishing gradient",
        "Ten sigmoid layers: what reaches the first one is too small to learn from.",
        RunSpec(hidden=(100,) * 10, activation="sigmoid", init="standard", **_SMALL_STEPS),
    ),
    Preset(
        "Exploding gradient",
        "Ten ReLU layers drawn from N(0, 1): every layer multiplies the gradient.",
        RunSpec(hidden=(100,) * 10, init="normal", optimizer="sgd", lr=0.001, epochs=3),
    ),
    Preset(
        "The suspects: sigmoid and N(0, 1)",
        "Before the first step most units are saturated already.",
        RunSpec(dataset="shapeset", hidden=(300,) * 4, activation="sigmoid", init="normal", epochs=0),
    ),
    Preset(
        "He or Glorot under ReLU",
        "Ten ReLU layers: with Glorot's the variance halves in each, with He's it stays.",
        RunSpec(hidden=(100,) * 10, **_SMALL_STEPS),
        {"init": ("kaiming_normal", "xavier_normal")},
    ),
    Preset(
        "Dying ReLU",
        "A learning rate that is far too high: units fall silent for every example, for good.",
        RunSpec(hidden=(100,) * 4, lr=0.05),
    ),
    Preset(
        "Dying ReLU and its remedies",
        "A learning rate at which part of the ReLUs die, with leaky ReLU and ELU beside it.",
        RunSpec(hidden=(100,) * 4, lr=0.01),
        {"activation": ("relu", "leaky_relu", "elu")},
    ),
    Preset(
        "Batch normalisation",
        "Five sigmoid layers, with and without it.",
        RunSpec(hidden=(100,) * 5, activation="sigmoid", init="standard", **_SMALL_STEPS),
        {"batch_norm": ("none", "before")},
    ),
    Preset(
        "Gradient clipping",
        "A learning rate that is too high for this network, with and without a limit on the gradient's norm.",
        RunSpec(hidden=(100,) * 5, init="normal", init_std=0.3, optimizer="sgd", lr=0.1),
        {"clip": ("none", "norm")},
    ),
    Preset(
        "Optimizers",
        "Seven rules for a step, at one learning rate and from the same weights.",
        RunSpec(hidden=(100,) * 3, lr=0.005, epochs=5),
        {"optimizer": ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "nadam")},
    ),
    Preset(
        "Overfitting and dropout",
        "Few examples: see the gap between training and validation, and what dropout does to it.",
        RunSpec(hidden=(300, 100), train_size=200, epochs=40),
        {"dropout": (0.0, 0.2, 0.5)},
        3,
    ),
    Preset(
        "Monte-Carlo dropout",
        "Fifty passes with dropout on: how certain is each answer?",
        RunSpec(hidden=(300, 100), dropout=0.4, epochs=5, mc_passes=50),
    ),
    Preset(
        "A convolutional net",
        "Two convolutions and a dense layer, with dropout, on the digits.",
        RunSpec(architecture="cnn", channels=(8, 16), hidden=(50,), dropout=0.2, epochs=15),
    ),
)

PRESETS: dict[str, tuple[Preset, ...]] = {
    "Glorot & Bengio (2010)": _PAPER_PRESETS,
    "The lecture": _LECTURE_PRESETS,
}
