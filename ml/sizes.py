"""How large a run is, from the fields of its spec: units, parameters, examples, steps."""

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from ml.catalog import DATASETS, DataSet


def parameter_count(sizes: tuple[int, ...]) -> int:
    """Weights and biases of a dense network with these numbers of units, input first."""
    return sum((fan_in + 1) * fan_out for fan_in, fan_out in pairwise(sizes))


def units(dataset: str, classes: tuple[int, ...] | None, hidden: tuple[int, ...]) -> tuple[int, ...]:
    """Units of the input, each hidden layer and the output."""
    data = DATASETS[dataset]
    return (data.inputs, *hidden, len(classes or data.classes))


def available_examples(data: DataSet, classes: tuple[int, ...] | None) -> int | None:
    """Training examples of these classes; None for an endless stream."""
    if data.train_counts is None:
        return None
    return sum(count for label, count in enumerate(data.train_counts) if classes is None or label in classes)


def steps_in_one_pass(spec: Mapping[str, Any]) -> int:
    """Batches in one pass over the training data of a spec's fields, the last one perhaps short."""
    data = DATASETS[spec["dataset"]]
    examples = spec["train_size"] or available_examples(data, spec["classes"]) or data.epoch_examples
    return math.ceil(examples / int(spec["batch_size"]))
