"""What the Learn pages are about, one entry each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ml.spec import RunSpec


@dataclass(frozen=True)
class LearnPage:
    """`title`, `point` (what is to be seen, in a sentence) and `real` (what is trained) are messages. `spec`, with what
    it varies, fills in the form that the page ends in."""

    title: str
    point: str
    real: str
    spec: RunSpec
    vary: Mapping[str, Sequence[Any]] = field(default_factory=dict)


_SLOW: dict[str, Any] = {"optimizer": "sgd", "lr": 0.05}

# By the name in the address, in the order of the lecture; its template has the same name.
LEARN = {
    "backprop": LearnPage(
        "Back-propagation by hand",
        "Each weight learns from two numbers: the error above it, and the signal that came in below.",
        "A small sigmoid network on the digits, whose gradients you can follow layer by layer.",
        RunSpec(hidden=(8, 8), activation="sigmoid", init="xavier_uniform", **_SLOW),
    ),
    "activations": LearnPage(
        "Activations and their derivatives",
        "Where the derivative is almost zero, a unit passes no gradient on: it is saturated.",
        "The same network with five activations: see which of its units saturate.",
        RunSpec(hidden=(100,) * 4, init="xavier_uniform", **_SLOW),
        {"activation": ("sigmoid", "tanh", "softsign", "relu", "elu")},
    ),
    "signal": LearnPage(
        "The signal through twenty layers",
        "A tenth too little in each layer, and an eighth of the signal reaches layer twenty; with the standard "
        "initialisation, almost nothing.",
        "Ten tanh layers, with the standard initialisation and with Glorot's.",
        RunSpec(hidden=(100,) * 10, activation="tanh", **_SLOW),
        {"init": ("standard", "xavier_uniform")},
    ),
    "cost-surfaces": LearnPage(
        "Two costs, two surfaces",
        "The quadratic cost is flat where the network is wrong and certain; cross-entropy still slopes there.",
        "One network, once with each cost: compare the first epochs.",
        RunSpec(hidden=(100,) * 5, activation="tanh", init="xavier_uniform", **_SLOW),
        {"loss": ("cross_entropy", "quadratic")},
    ),
    "optimizers": LearnPage(
        "Optimizers racing",
        "On the same surface and from the same point, the rule of the step decides who arrives.",
        "Seven rules for a step, at one learning rate and from the same weights.",
        RunSpec(hidden=(100,) * 3, lr=0.005, epochs=5),
        {"optimizer": ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "nadam")},
    ),
    "dropout": LearnPage(
        "Dropout is an ensemble",
        "Every draw of dropout is another network; one pass without it stands for the mean of them all.",
        "Few examples, without dropout and with 20 and 50 %: watch the gap between training and validation.",
        RunSpec(hidden=(300, 100), train_size=200, epochs=40),
        {"dropout": (0.0, 0.2, 0.5)},
    ),
    "convolution": LearnPage(
        "Convolution against dense layers",
        "A convolution uses the same few weights at every place: thousands of times fewer than a dense layer.",
        "Two convolutions and a dense layer on the digits.",
        RunSpec(architecture="cnn", channels=(8, 16), hidden=(50,), dropout=0.2, epochs=15),
    ),
}
