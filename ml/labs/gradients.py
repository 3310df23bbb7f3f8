"""Gradients that vanish or explode on their way down, and the two that Glorot & Bengio (2010) suspect."""

from ml.labs.lab import SEEDS, Arm, Choice, Lab, Measure, above
from ml.labs.measures import bottom_over_top
from ml.spec import RunSpec

_DEEP = RunSpec(
    hidden=(100,) * 10, activation="sigmoid", init="standard", optimizer="sgd", lr=0.05, epochs=3, seed=SEEDS[0]
)

VANISHING = Lab(
    title="Vanishing gradient",
    question="Ten sigmoid layers. How much less gradient reaches layer 1 than layer 10, before the first step?",
    claim="The lower layers of a deep sigmoid network receive at least 100 times less gradient than the upper ones.",
    choices=(
        Choice("about as much", 3),
        Choice("up to 10 times less", 10),
        Choice("10 to 100 times less", 100),
        Choice("more than 100 times less"),
    ),
    arms={"deep": Arm("ten sigmoid layers", _DEEP)},
    measures=(
        Measure(
            "Gradient of layer 10 over that of layer 1",
            lambda runs: 1 / bottom_over_top(runs["deep"], "backprop_gradient"),
            above(100),
            "times",
            "std ∂C/∂s¹⁰ / std ∂C/∂s¹",
        ),
    ),
    topic="Problem: the vanishing gradient",
    learn="signal",
    rows=(2,),
    figures=("gradient_flow",),
)

LABS = {"vanishing-gradient": VANISHING}
