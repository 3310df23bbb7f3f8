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
        RunSpec(name="Lecture: 300-100 with ReLU", hidden=(300, 100), dropout=0.2),
        "A healthy network: He's initialisation, Adam and some dropout. Gradients of like size reach both layers, and "
        "the error falls below 5\N{NO-BREAK SPACE}%.",
    ),
    Example(
        RunSpec(name="Dying ReLU", hidden=(100,) * 4, lr=0.05),
        "A learning rate that is fifty times too high. Within an epoch most units of the first layers fall silent for "
        "every example, and stay so.",
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
        RunSpec(
            name="Lecture: 300-100 with leaky ReLU", hidden=(300, 100), activation=("leaky_relu", "relu"), alpha=0.2,
            dropout=0.2,
        ),
        "The lecture's second form: leaky ReLU with α = 0.2 in the first layer, whose units can't die, then ReLU.",
    ),
    Example(
        RunSpec(name="Tanh, standard initialisation", init="standard", **_GLOROT),
        "The paper's starting point: activations get narrower towards the output, gradients towards the input.",
    ),
    Example(
        RunSpec(name="Tanh, Xavier initialisation", init="xavier_uniform", **_GLOROT),
        "The same network with the paper's remedy: signals keep their size from layer to layer, in both directions.",
    ),
    Example(
        RunSpec(name="A small convolutional net", architecture="cnn", channels=(8, 16), hidden=(50,), epochs=15),
        "Two convolutions and a dense layer learn the digits. Every chart has a line for each convolution too.",
    ),
    Example(
        RunSpec(name="Does it know what it knows?", hidden=(300, 100), dropout=0.4, epochs=5, mc_passes=50),
        "Monte-Carlo dropout: 50 passes with dropout on tell how certain each answer is, and which digits puzzle it.",
    ),
)  # fmt: skip
