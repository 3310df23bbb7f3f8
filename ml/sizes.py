"""How large a run is, from the fields of its spec: layers, parameters, examples, steps."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ml.catalog import DATASETS, DataSet

KERNEL = 3  # side of every convolution; its input is padded, so that it keeps the size of the image
CHANNELS = (16, 32)  # of a cnn that does not say
PIECES = 2  # of a maxout unit that does not say


@dataclass(frozen=True)
class LayerShape:
    """One layer's connections. `outputs` counts what one example activates: units, for a convolution channels x
    positions. `pieces` is 1 but for maxout. `side` is the height and width that a convolution works at, None for a
    dense layer; `pooled` tells whether its image is halved before the next layer."""

    inputs: int
    units: int
    pieces: int = 1
    side: tuple[int, int] | None = None
    pooled: bool = False

    @property
    def positions(self) -> int:
        """How often each weight is used on one example."""
        return math.prod(self.side) if self.side else 1

    @property
    def outputs(self) -> int:
        return self.units * self.positions

    @property
    def kernel(self) -> int:
        """Weights that connect one unit with one of its inputs."""
        return KERNEL**2 if self.side else 1

    @property
    def fan_in(self) -> int:
        return self.inputs * self.kernel

    @property
    def fan_out(self) -> int:
        return self.units * self.kernel

    @property
    def weights(self) -> int:
        return self.fan_in * self.units * self.pieces

    @property
    def parameters(self) -> int:
        """Weights and biases."""
        return self.weights + self.units * self.pieces


def layer_shapes(spec: Mapping[str, Any]) -> list[LayerShape]:
    """Every layer of a spec's fields, bottom up, the output's last."""
    return list(_shapes(spec))


def _shapes(spec: Mapping[str, Any]) -> Iterator[LayerShape]:
    data = DATASETS[spec["dataset"]]
    inputs, height, width = data.shape
    convolutions = conv_channels(spec)
    pieces = pieces_of(spec, hidden_depth(spec))
    for units in convolutions:
        pooled = min(height, width) > 1
        yield LayerShape(inputs, units, next(pieces), (height, width), pooled)
        inputs, height, width = units, height // 2 if pooled else height, width // 2 if pooled else width
    inputs *= height * width
    for units in spec["hidden"]:
        yield LayerShape(inputs, units, next(pieces))
        inputs = units
    yield LayerShape(inputs, len(spec["classes"] or data.classes))


def conv_channels(spec: Mapping[str, Any]) -> tuple[int, ...]:
    """Channels of each convolution; none in a dense network."""
    return tuple(spec["channels"] or CHANNELS) if spec["architecture"] == "cnn" else ()


def hidden_depth(spec: Mapping[str, Any]) -> int:
    """Hidden layers of a spec's fields, convolutions among them."""
    return len(conv_channels(spec)) + len(spec["hidden"])


def pieces_of(spec: Mapping[str, Any], depth: int) -> Iterator[int]:
    """Weight vectors of each hidden layer's units. A spec without an activation yet counts one."""
    for name in per_layer(spec.get("activation", ""), depth):
        yield (spec.get("pieces") or PIECES) if name == "maxout" else 1


def per_layer(choice: str | tuple[str, ...], depth: int) -> tuple[str, ...]:
    """One name for each of `depth` layers, from one name for all or a list of them."""
    return (choice,) * depth if isinstance(choice, str) else choice


def available_examples(data: DataSet, classes: tuple[int, ...] | None) -> int | None:
    """Training examples of these classes; None for an endless stream."""
    if data.train_counts is None:
        return None
    return sum(count for label, count in enumerate(data.train_counts) if classes is None or label in classes)


def train_examples(spec: Mapping[str, Any]) -> int | None:
    """Examples that a spec's fields train on; None for an endless stream."""
    return spec["train_size"] or available_examples(DATASETS[spec["dataset"]], spec["classes"])


def steps_in_one_pass(spec: Mapping[str, Any]) -> int:
    """Batches in one pass over the training data of a spec's fields, the last one perhaps short."""
    examples = train_examples(spec) or DATASETS[spec["dataset"]].epoch_examples
    return math.ceil(examples / int(spec["batch_size"]))
