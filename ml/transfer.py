"""Layers that come from another run: whether they fit."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.sizes import LayerShape
from ml.spec import RunSpec


@dataclass(frozen=True)
class Source:
    """A run whose lower layers another one starts with: its spec, and its weights as in Trained."""

    spec: RunSpec
    weights: dict[str, NDArray[np.float32]]


def misfit(spec: RunSpec, source: RunSpec) -> str | None:
    """Why the lower layers of a run of `source` can't be those that `spec` starts with; None where they can."""
    count = len(spec.transferred_layers)
    if count > source.depth:
        return f"that run has only {source.depth} hidden layers, {count} were asked for"
    if spec.batch_norm != source.batch_norm:
        return f"that run was trained with batch_norm = {source.batch_norm}, here it is {spec.batch_norm}"
    for layer, ours, theirs in zip(spec.transferred_layers, spec.shapes, source.shapes, strict=False):
        if ours != theirs:
            return f"{layer} has {_size(theirs)} in that run, here it has {_size(ours)}"
    for layer, new, old in zip(spec.transferred_layers, spec.activations, source.activations, strict=False):
        if new != old:
            return f"{layer} was trained as {old.name}, here it is {new.name}"
    return None


def _size(shape: LayerShape) -> str:
    pieces = f" of {shape.pieces} pieces" if shape.pieces > 1 else ""
    where = f" over {shape.side[0]}×{shape.side[1]} pixels" if shape.side else ""
    return f"{shape.units} units{pieces} with {shape.inputs} inputs{where}"
