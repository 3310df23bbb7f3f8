"""What a run costs, roughly, on one core: enough to tell seconds from hours, and how often the Jacobian may be taken.

The constants were measured on a server core of 2023 with torch 2.13. Nothing here depends on the machine, so that two
machines measure the same snapshots.
"""

import math
from itertools import pairwise

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


def step_seconds(spec: RunSpec) -> float:
    """One update: a forward and a backward pass over a batch, and the optimizer's step."""
    moved = sum(shape.parameters for shape in spec.shapes) * PARAMETER_SECONDS
    multiplied = 6 * spec.batch_size * sum(shape.weights * _positions(shape) for shape in spec.shapes) / FLOPS
    return len(spec.shapes) * LAYER_SECONDS + moved + multiplied


def jacobian_seconds(spec: RunSpec) -> float:
    """The mean singular values of all layers, once (ml.jacobian)."""
    return sum(_jacobian_seconds(below, shape) for below, shape in pairwise(spec.shapes[:-1]))


def _jacobian_seconds(below: LayerShape, shape: LayerShape) -> float:
    width = min(below.outputs, shape.outputs)
    if width > EXACT_WIDTH:
        return ESTIMATE_SECONDS + shape.weights * _positions(shape) * ESTIMATE_WEIGHT_SECONDS
    return EXACT_SECONDS + exact_examples(width) * width**3 * EXACT_CUBE_SECONDS


def exact_examples(width: int) -> int:
    """Examples that an exact Jacobian is taken of: 10 up to a width of 58, 2 from 88 on."""
    return min(max(int(EXACT_CUBES / width**3), 2), MOST_EXAMPLES)


def jacobian_interval(spec: RunSpec) -> int:
    """Snapshots from one Jacobian to the next, so that they take 3 % of a long run; the first and the last snapshot
    have one in any case."""
    allowed = JACOBIAN_SHARE * spec.snapshot_interval * step_seconds(spec)
    return max(1, math.ceil(jacobian_seconds(spec) / allowed))


def _positions(shape: LayerShape) -> int:
    return math.prod(shape.side) if shape.side else 1
