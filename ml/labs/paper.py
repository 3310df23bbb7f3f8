"""What the labs on Glorot & Bengio (2010) have in common: how the paper trains, at a size of seconds."""

from typing import Any

from ml.labs.lab import Arm
from ml.spec import RunSpec

# Plain gradient descent on batches of 10 images that were never seen before. 200 bins over [-1, 1] have an edge at
# every share that is asked for.
_SETTINGS: dict[str, Any] = {"dataset": "shapeset", "optimizer": "sgd", "batch_size": 10, "bins": 200}
STANDARD, NORMALIZED = "standard", "xavier_uniform"
TOPIC = "Understanding the difficulty of training deep feedforward neural networks"


def arm(
    label: str,
    activation: str,
    init: str,
    hidden: tuple[int, ...],
    lr: float,
    steps: int = 0,
    every: int = 250,
    **more: Any,
) -> Arm:
    """A network that trains for so many steps, looked at `every` so many; without steps only at its start."""
    length = {"epochs": steps // every, "steps_per_epoch": every} if steps else {"epochs": 0}
    return Arm(label, RunSpec(activation=activation, init=init, hidden=hidden, lr=lr, **_SETTINGS | length | more))
