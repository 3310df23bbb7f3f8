"""What a run costs, roughly, on one core: enough to tell seconds from hours and kilobytes from gigabytes, and how often
the Jacobian may be taken.

The constants were measured on a server core of 2023 with torch 2.13. Nothing here depends on the machine, so that two
machines measure the same snapshots.
"""

import math
from itertools import pairwise
from typing import NamedTuple

from ml.catalog import DATASETS, OPTIMIZERS
from ml.sizes import LayerShape
from ml.spec import RunSpec

LAYER_SECONDS = 60e-6  # of one layer in one step, however small it is
PARAMETER_SECONDS = 1.5e-9  # of moving a weight, its gradient and its update through memory
FLOPS = 1e11  # a second, in products of large matrices

EXACT_WIDTH = 256  # of the narrower of two layers; beyond it their Jacobian is estimated
MOST_EXAMPLES = 10  # that a Jacobian is averaged over
EXACT_CUBES = 2e6  # width³ x examples that an exact one may take, about half a millisecond a layer

EXACT_SECONDS = 0.4e-3  # of one layer's exact Jacobian, and
EXACT_CUBE_SECONDS = 3e-10  # times examples x width³
ESTIMATE_SECONDS = 6e-3  # of one layer's estimated one, and
ESTIMATE_WEIGHT_SECONDS = 5e-8  # times its weights x positions

JACOBIAN_SHARE = 0.03  # of a run

START_SECONDS = 0.2  # from the queue to the first snapshot
LOOK_SECONDS = 2e-3  # of one layer in one snapshot, however small it is
VALUE_SECONDS = 5e-9  # of one value of a signal, in a histogram and in the statistics

FLOAT_BYTES = 4  # float32


class Memory(NamedTuple):
    """Bytes, by what takes them."""

    weights: int
    gradients: int
    optimizer: int
    activations: int


def memory(spec: RunSpec) -> Memory:
    """What one training step holds, each number 4 bytes (float32): with P parameters (batch normalisation's own two for
    each unit among them) P weights, as many gradients but for frozen layers, the optimizer's state (none for gradient
    descent, P for momentum, AdaGrad and RMSProp, 2 P for Adam); and for each example of a batch the inputs, s and z of
    every hidden layer (of maxout the s of every piece), what batch normalisation, pooling and dropout make of them, and
    the logits."""
    frozen = len(spec.frozen_layers)
    parameters = [shape.parameters + _norm_parameters(spec, shape) for shape in spec.shapes[:-1]]
    parameters.append(spec.shapes[-1].parameters)
    trained = sum(parameters[frozen:])
    state = OPTIMIZERS[spec.optimizer].state * trained
    held = DATASETS[spec.dataset].inputs + sum(_held(spec, shape) for shape in spec.shapes[:-1]) + spec.class_count
    counts = (sum(parameters), trained, state, spec.batch_size * held)
    return Memory(*(FLOAT_BYTES * count for count in counts))


def _norm_parameters(spec: RunSpec, shape: LayerShape) -> int:
    """A scale and a shift for each unit, before maxout for each piece."""
    normalised = {"none": 0, "before": shape.units * shape.pieces, "after": shape.units}
    return 2 * normalised[spec.batch_norm]


def _held(spec: RunSpec, shape: LayerShape) -> int:
    """Numbers that a hidden layer leaves behind for one example."""
    s, z = shape.outputs * shape.pieces, shape.outputs
    normalised = {"none": 0, "before": s, "after": z}[spec.batch_norm]
    passed_on = _pooled(shape) if shape.pooled else z
    return s + z + normalised + (passed_on if shape.pooled else 0) + (passed_on if spec.dropout else 0)


def _pooled(shape: LayerShape) -> int:
    assert shape.side
    return shape.units * math.prod(length // 2 for length in shape.side)


def run_seconds(spec: RunSpec) -> float:
    """The whole run: its start, its steps, and its snapshots with the Jacobians that they may have."""
    looks = snapshots(spec) * snapshot_seconds(spec)
    jacobians = (2 + (snapshots(spec) - 2) // jacobian_interval(spec)) * jacobian_seconds(spec)
    return START_SECONDS + spec.steps * step_seconds(spec) + looks + jacobians


def snapshots(spec: RunSpec) -> int:
    """One before the first step, then one after each interval, the last one perhaps short."""
    return math.ceil(spec.steps / spec.snapshot_interval) + 1


def snapshot_seconds(spec: RunSpec) -> float:
    """A forward pass over the validation set and as many training examples, a forward and a backward pass over the
    monitoring set, and what every signal's histogram takes; without the Jacobian."""
    examples = 2 * 2 * DATASETS[spec.dataset].validation + 6 * spec.monitor_size
    multiplied = examples * sum(shape.weights * shape.positions for shape in spec.shapes) / FLOPS
    units = sum(shape.outputs for shape in spec.shapes[:-1])
    values = 2 * spec.monitor_size * units + 2 * sum(shape.weights for shape in spec.shapes)
    return len(spec.shapes) * LOOK_SECONDS + multiplied + values * VALUE_SECONDS


def step_seconds(spec: RunSpec) -> float:
    """One update: a forward and a backward pass over a batch, and the optimizer's step."""
    moved = sum(shape.parameters for shape in spec.shapes) * PARAMETER_SECONDS
    multiplied = 6 * spec.batch_size * sum(shape.weights * shape.positions for shape in spec.shapes) / FLOPS
    return len(spec.shapes) * LAYER_SECONDS + moved + multiplied


def jacobian_seconds(spec: RunSpec) -> float:
    """The mean singular values of all layers, once (ml.jacobian)."""
    return sum(_jacobian_seconds(below, shape) for below, shape in pairwise(spec.shapes[:-1]))


def _jacobian_seconds(below: LayerShape, shape: LayerShape) -> float:
    width = min(below.outputs, shape.outputs)
    if width > EXACT_WIDTH:
        return ESTIMATE_SECONDS + shape.weights * shape.positions * ESTIMATE_WEIGHT_SECONDS
    return EXACT_SECONDS + exact_examples(width) * width**3 * EXACT_CUBE_SECONDS


def exact_examples(width: int) -> int:
    """Examples that an exact Jacobian is taken of: 10 up to a width of 58, 2 from 88 on."""
    return min(max(int(EXACT_CUBES / width**3), 2), MOST_EXAMPLES)


def jacobian_interval(spec: RunSpec) -> int:
    """Snapshots from one Jacobian to the next, so that they take 3 % of a long run; the first and the last snapshot
    have one in any case."""
    allowed = JACOBIAN_SHARE * spec.snapshot_interval * step_seconds(spec)
    return max(1, math.ceil(jacobian_seconds(spec) / allowed))
