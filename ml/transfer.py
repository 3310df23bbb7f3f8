"""Layers that come from another run: whether they fit."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.sizes import LayerShape
from ml.spec import RunSpec
from ml.words import Words, plural, words


@dataclass(frozen=True)
class Source:
    """A run whose lower layers another one starts with: its spec, and its weights as in Trained."""

    spec: RunSpec
    weights: dict[str, NDArray[np.float32]]


def misfit(spec: RunSpec, source: RunSpec) -> Words | None:
    """Why the lower layers of a run of `source` can't be those that `spec` starts with; None where they can."""
    count = len(spec.transferred_layers)
    if count > source.depth:
        return plural(
            "that run has only {count} hidden layer, {asked} were asked for",
            "that run has only {count} hidden layers, {asked} were asked for",
            count=source.depth,
            asked=count,
        )
    if spec.batch_norm != source.batch_norm:
        return words(
            "that run was trained with batch_norm = {theirs}, here it is {ours}",
            theirs=source.batch_norm,
            ours=spec.batch_norm,
        )
    for layer, ours, theirs in zip(spec.transferred_layers, spec.shapes, source.shapes, strict=False):
        if ours != theirs:
            return words(
                "{layer} has {theirs} in that run, here it has {ours}",
                layer=layer,
                theirs=_size(theirs),
                ours=_size(ours),
            )
    for layer, new, old in zip(spec.transferred_layers, spec.activations, source.activations, strict=False):
        if new != old:
            return words(
                "{layer} was trained as {theirs}, here it is {ours}", layer=layer, theirs=old.name, ours=new.name
            )
    return None


def _size(shape: LayerShape) -> Words:
    size = {"units": shape.units, "inputs": shape.inputs}
    if shape.pieces > 1:
        return words("{units} units of {pieces} pieces with {inputs} inputs", pieces=shape.pieces, **size)
    if shape.side:
        pixels = f"{shape.side[0]}×{shape.side[1]}"
        return words("{units} units with {inputs} inputs over {pixels} pixels", pixels=pixels, **size)
    return words("{units} units with {inputs} inputs", **size)
