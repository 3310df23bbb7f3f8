"""Prepared experiments for the home page, each of which takes less than ten seconds."""

from dataclasses import dataclass

from ml.spec import RunSpec


@dataclass(frozen=True)
class Example:
    spec: RunSpec
    text: str


_GLOROT = {
    "dataset": "shapeset", "hidden": (100,) * 5, "activation": "tanh", "optimizer": "sgd", "lr": 0.05, "batch_size": 10,
    "steps_per_epoch": 200, "epochs": 20,
}  # fmt: skip

EXAMPLES = (
    Example(
        RunSpec(name="A healthy network", hidden=(300, 100), dropout=0.2),
        "ReLU with He's initialisation, Adam and some dropout. The error falls below 5 %, and gradients of like size "
        "reach both layers.",
    ),
    Example(
        RunSpec(
            name="A network that does not learn", hidden=(100,) * 5, activation="sigmoid", init="standard",
            optimizer="sgd", lr=0.3, batch_size=10,
        ),
        "Five sigmoid layers. The gradient shrinks about tenfold in each layer on its way down, so the first ones "
        "never learn.",
    ),
    Example(
        RunSpec(name="Tanh, standard initialisation", init="standard", **_GLOROT),
        "The paper's starting point: activations get narrower towards the output, gradients towards the input.",
    ),
    Example(
        RunSpec(name="Tanh, Xavier initialisation", init="xavier_uniform", **_GLOROT),
        "The same network with the paper's remedy: signals keep their size from layer to layer, in both directions.",
    ),
)  # fmt: skip
