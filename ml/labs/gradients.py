"""Gradients that vanish or explode on their way down, and the two that Glorot & Bengio (2010) suspect."""

from typing import Any

from ml.labs.lab import Arm, Choice, Lab, Measure, above, below, of
from ml.labs.measures import bottom_over_top, ratio
from ml.spec import RunSpec

_TEN: dict[str, Any] = {"hidden": (100,) * 10, "optimizer": "sgd", "lr": 0.01, "epochs": 0}

_VANISHING = Lab(
    title="Vanishing gradient",
    question="Ten sigmoid layers. How much less gradient reaches layer 1 than layer 10, before the first step?",
    claim="The lowest layer of a deep sigmoid network receives at least 100 times less gradient than the highest one.",
    choices=(
        Choice("about as much", 3),
        Choice("up to 10 times less", 10),
        Choice("10 to 100 times less", 100),
        Choice("more than 100 times less"),
    ),
    arms={"sigmoid": Arm("ten sigmoid layers", RunSpec(**_TEN | {"epochs": 5}, activation="sigmoid", init="standard"))},
    measures=(
        Measure(
            "Gradient of layer 10 over that of layer 1, at the start",
            lambda runs: ratio(1, bottom_over_top(runs["sigmoid"], "backprop_gradient")),
            above(100),
            "times",
            "std ∂C/∂s¹⁰ / std ∂C/∂s¹",
        ),
    ),
    topic="Problem: the vanishing gradient",
    learn="signal",
    rows=(2,),
    figures=("gradient_overview", "gradient_flow", "backprop_gradient"),
)

_EXPLODING = Lab(
    title="Exploding gradient",
    question="Ten ReLU layers, weights drawn from N(0, 1). How many times more gradient reaches layer 1 than layer 10?",
    claim="With weights drawn from N(0, 1) the gradient grows on its way down: at least 100 times over ten layers.",
    choices=(
        Choice("less, as with sigmoids", 1),
        Choice("up to 100 times more", 100),
        Choice("100 to a million times more", 1e6),
        Choice("more than a million times more"),
    ),
    arms={
        "relu": Arm("ReLU", RunSpec(**_TEN, activation="relu", init="normal")),
        "linear": Arm("linear units", RunSpec(**_TEN, activation="linear", init="normal")),
    },
    measures=tuple(
        Measure(
            label,
            of(arm, lambda run: bottom_over_top(run, "backprop_gradient")),
            above(100),
            "times",
            "std ∂C/∂s¹ / std ∂C/∂s¹⁰",
        )
        for arm, label in (
            ("relu", "ReLU: gradient of layer 1 over that of layer 10"),
            ("linear", "Linear units: gradient of layer 1 over that of layer 10"),
        )
    ),
    topic="Problem: the exploding gradient",
    learn="signal",
    rows=(3,),
    figures=("gradient_flow", "predicted_gradient"),
)

_SUSPECTS = Lab(
    title="The suspects: sigmoid and N(0, 1)",
    question="Four layers of 300 sigmoids, weights drawn from N(0, 1). How many units are saturated before the first "
    "step, in the layer with the fewest?",
    claim="The sigmoid and the initialisation N(0, 1) together saturate most units of every layer before any "
    "training; with Glorot’s weights the same sigmoids start out unsaturated.",
    choices=(
        Choice("fewer than one in ten", 0.1),
        Choice("10 to 50 %", 0.5),
        Choice("50 to 90 %", 0.9),
        Choice("more than 90 %"),
    ),
    arms={
        "normal": Arm(
            "N(0, 1)", RunSpec(dataset="shapeset", hidden=(300,) * 4, activation="sigmoid", init="normal", epochs=0)
        ),
        "xavier": Arm(
            "Glorot’s",
            RunSpec(dataset="shapeset", hidden=(300,) * 4, activation="sigmoid", init="xavier_normal", epochs=0),
        ),
    },
    measures=(
        Measure(
            "Saturated units of the layer with the fewest, N(0, 1)",
            lambda runs: float(runs["normal"].health("saturated")[0].min()),
            above(0.5),
            "share",
            "|f′(s)| < 0.05 · max |f′|",
        ),
        Measure(
            "Saturated units of the layer with the most, Glorot’s",
            lambda runs: float(runs["xavier"].health("saturated")[0].max()),
            below(0.1),
            "share",
            "|f′(s)| < 0.05 · max |f′|",
        ),
    ),
    topic="Glorot and Bengio find two suspects: the sigmoid and N(0, 1)",
    learn="activations",
    rows=(5,),
    figures=("activation", "saturation"),
)

LABS = {"vanishing-gradient": _VANISHING, "exploding-gradient": _EXPLODING, "suspects": _SUSPECTS}
