"""Prepared experiments for the home page, each of which takes less than ten seconds.

`make examples` trains them into runs.db, which is shipped: they are on the screen before anything was run.
"""

from dataclasses import dataclass

from ml.spec import RunSpec


@dataclass(frozen=True)
class Example:
    """`slug` is its id and the end of its address."""

    slug: str
    spec: RunSpec
    text: str


_DEEP = {"hidden": (100,) * 5, "optimizer": "sgd", "lr": 0.1, "batch_size": 10}
_GLOROT = {
    "dataset": "shapeset", "hidden": (100,) * 5, "activation": "tanh", "optimizer": "sgd", "lr": 0.05, "batch_size": 10,
    "steps_per_epoch": 200, "epochs": 20,
}  # fmt: skip

# The home page shows the first two large, side by side: a healthy network and a dying one.
EXAMPLES = (
    Example(
        "healthy",
        RunSpec(name="A network that learns", activation="tanh", init="xavier_uniform", **_DEEP),
        "Five tanh layers with Xavier's initialisation: every layer gets its share of the gradient.",
    ),
    Example(
        "vanishing",
        RunSpec(name="A network that does not learn", activation="sigmoid", init="standard", **_DEEP),
        "The same network with sigmoid and the old standard initialisation. The gradient shrinks about sevenfold in "
        "each layer on its way down, so the first ones never learn.",
    ),
    Example(
        "lecture",
        RunSpec(name="Lecture: 300-100 with ReLU", hidden=(300, 100), dropout=0.2),
        "He's initialisation, Adam and some dropout. Gradients of like size reach both layers, and the error falls "
        "below 5\N{NO-BREAK SPACE}%.",
    ),
    Example(
        "dying-relu",
        RunSpec(name="Dying ReLU", hidden=(100,) * 4, lr=0.05),
        "A learning rate that is fifty times too high. Within an epoch most units of the first layers fall silent for "
        "every example, and stay so.",
    ),
    Example(
        "lecture-leaky",
        RunSpec(
            name="Lecture: 300-100 with leaky ReLU", hidden=(300, 100), activation=("leaky_relu", "relu"), alpha=0.2,
            dropout=0.2,
        ),
        "The lecture's second form: leaky ReLU with α = 0.2 in the first layer, whose units can't die, then ReLU.",
    ),
    Example(
        "glorot-standard",
        RunSpec(name="Tanh, standard initialisation", init="standard", **_GLOROT),
        "The paper's starting point: activations get narrower towards the output, gradients towards the input.",
    ),
    Example(
        "glorot-xavier",
        RunSpec(name="Tanh, Xavier initialisation", init="xavier_uniform", **_GLOROT),
        "The same network with the paper's remedy: signals keep their size from layer to layer, in both directions.",
    ),
    Example(
        "convolutions",
        RunSpec(name="A small convolutional net", architecture="cnn", channels=(8, 16), hidden=(50,), epochs=15),
        "Two convolutions and a dense layer learn the digits. Every chart has a line for each convolution too.",
    ),
    Example(
        "monte-carlo",
        RunSpec(name="Does it know what it knows?", hidden=(300, 100), dropout=0.4, epochs=5, mc_passes=50),
        "Monte-Carlo dropout: 50 passes with dropout on tell how certain each answer is, and which digits puzzle it.",
    ),
)  # fmt: skip

BY_SLUG = {example.slug: example for example in EXAMPLES}
