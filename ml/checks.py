"""What one field of a RunSpec must be, given the fields above it.

A check takes the field's value, which is right by itself, and the fields above that are right, by name. It returns the
value or raises what is wrong with it. One that reads a field which is wrong is left out: that one is told first.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

from ml.catalog import ACTIVATIONS, DATASETS, OPTIMIZERS, Optimizer
from ml.fields import MAX_LAYER_SNAPSHOTS, MAX_OUTPUTS, MAX_PARAMETERS, MAX_SNAPSHOTS, MAX_STEPS, wrong
from ml.sizes import (
    available_examples,
    conv_channels,
    hidden_depth,
    layer_shapes,
    per_layer,
    steps_in_one_pass,
    train_examples,
)

Spec = Mapping[str, Any]
LEAVE_OUT = "leave it out"


def name(value: str, _: Spec) -> str:
    if not value.isprintable():
        raise wrong("the name holds characters that can't be printed", "use letters, digits and punctuation")
    return value.strip()


# --- data ---


def classes(value: tuple[int, ...] | None, spec: Spec) -> tuple[int, ...] | None:
    count = len(DATASETS[spec["dataset"]].classes)
    if value is None:
        return None
    if len(set(value)) != len(value) or len(value) < 2 or not all(0 <= c < count for c in value):
        raise wrong(f"must name at least two different labels from 0 to {count - 1}", f"for example 0 and {count - 1}")
    return tuple(sorted(value))


def train_size(value: int | None, spec: Spec) -> int | None:
    available = available_examples(DATASETS[spec["dataset"]], spec["classes"])
    if value is not None and available is not None and value > available:
        raise wrong(f"there are only {available:,} training examples", f"at most {available}")
    return value


# --- network ---


def channels(value: tuple[int, ...] | None, spec: Spec) -> tuple[int, ...] | None:
    if value is None and spec["architecture"] != "cnn":
        return None
    if spec["architecture"] != "cnn":
        raise wrong("a dense network has no channels", f"{LEAVE_OUT}, or choose architecture = cnn")
    outputs = sum(shape.outputs for shape in layer_shapes({**spec, "channels": value, "hidden": ()}))
    if outputs > MAX_OUTPUTS:
        raise wrong(
            f"the convolutions would have {outputs:,} outputs for each image, the limit is {MAX_OUTPUTS:,}",
            "fewer channels, for example 16, 32",
        )
    return value


def hidden(value: tuple[int, ...], spec: Spec) -> tuple[int, ...]:
    if not value and spec["architecture"] == "mlp":
        raise wrong("a dense network needs a hidden layer", "for example 300, 100")
    _check_parameters({**spec, "hidden": value}, "fewer or narrower layers, for example 1000, 1000, 1000")
    return value


def pieces(value: int | None, spec: Spec) -> int | None:
    if "maxout" in _each(spec, "activation"):
        _check_parameters({**spec, "pieces": value}, "fewer pieces, or fewer or narrower layers")
    elif value is not None:
        raise wrong("only maxout units have pieces", f"{LEAVE_OUT}, or choose activation = maxout")
    return value


def _check_parameters(spec: Spec, fix: str) -> None:
    count = sum(shape.parameters for shape in layer_shapes(spec))
    if count > MAX_PARAMETERS:
        raise wrong(f"the network would have {count:,} parameters, the limit is {MAX_PARAMETERS:,}", fix)


def per_hidden_layer(value: str | tuple[str, ...], spec: Spec) -> str | tuple[str, ...]:
    """A list of one is that one."""
    convolutions = len(conv_channels(spec))
    depth = hidden_depth(spec)
    if isinstance(value, str):
        return value
    if len(value) != depth:
        layers = f"{depth} hidden layer{'s' if depth > 1 else ''}"
        among_them = f", {convolutions} of them convolutions" if convolutions else ""
        raise wrong(
            f"names {len(value)} for a network with {layers}{among_them}", f"one name for all, or a list of {depth}"
        )
    return value[0] if depth == 1 else value


def alpha(value: float | None, spec: Spec) -> float | None:
    users = [a.name for a in ACTIVATIONS.values() if a.alpha is not None]
    chosen = _each(spec, "activation")
    if value is not None and not set(users) & set(chosen):
        raise wrong(f"{' and '.join(chosen)} has no α", f"{LEAVE_OUT}, or choose activation = {' or '.join(users)}")
    return value


def init_std(value: float | None, spec: Spec) -> float | None:
    chosen = _each(spec, "init")
    if value is not None and "normal" not in chosen:
        raise wrong(
            f"{' and '.join(chosen)} computes its own standard deviation", f"{LEAVE_OUT}, or choose init = normal"
        )
    return value


def _each(spec: Spec, field: str) -> tuple[str, ...]:
    """The different names in a field that takes one or one for each layer."""
    return tuple(dict.fromkeys(per_layer(spec[field], 1)))


# --- optimisation ---


def optimizer_constant(field: str) -> Callable[[float | None, Spec], float | None]:
    def check(value: float | None, spec: Spec) -> float | None:
        chosen: Optimizer = OPTIMIZERS[spec["optimizer"]]
        if value is not None and field not in chosen.defaults:
            users = " or ".join(o.name for o in OPTIMIZERS.values() if field in o.defaults)
            raise wrong(f"{chosen.name} does not use it", f"{LEAVE_OUT}, or choose optimizer = {users}")
        return value

    return check


def clip_at(value: float | None, spec: Spec) -> float | None:
    if value is not None and spec["clip"] == "none":
        raise wrong("nothing is clipped", f"{LEAVE_OUT}, or choose clip = norm or value")
    return value


def batch_size(value: int, spec: Spec) -> int:
    available = train_examples(spec)
    if available is not None and value > available:
        raise wrong(f"larger than the {available:,} training examples", f"at most {available}, for example 32")
    if spec["batch_norm"] != "none" and (value == 1 or (available or 0) % value == 1):
        fitting = next(size for size in range(value + 1, value + 9) if (available or 0) % size != 1)
        raise wrong("batch normalisation needs two examples in every batch, the last one too", f"for example {fitting}")
    return value


def steps_per_epoch(value: int | None, spec: Spec) -> int | None:
    epochs = spec["epochs"]
    total = epochs * (value or steps_in_one_pass(spec))
    if total > MAX_STEPS:
        raise wrong(
            f"the run would take {total:,} steps, the limit is {MAX_STEPS:,}",
            f"at most {MAX_STEPS // epochs} with {epochs} epochs, or fewer epochs",
        )
    return value


# --- measuring ---


def snapshot_every(value: int | None, spec: Spec) -> int | None:
    in_epoch = spec["steps_per_epoch"] or steps_in_one_pass(spec)
    total = spec["epochs"] * in_epoch
    count = math.ceil(total / (value or in_epoch)) + 1
    layers = len(conv_channels(spec)) + len(spec.get("hidden", ())) + 1
    most = min(MAX_SNAPSHOTS, MAX_LAYER_SNAPSHOTS // layers)
    if count > most:
        least = math.ceil(total / (most - 1))
        raise wrong(f"{count:,} snapshots, the limit is {most:,}", f"at least {least} steps between two")
    return value


def mc_passes(value: int | None, spec: Spec) -> int | None:
    if value is not None and not spec["dropout"] and not spec["input_dropout"]:
        raise wrong("without dropout every pass is the same", f"{LEAVE_OUT}, or set dropout, for example 0.2")
    return value


# --- transfer ---


def transfer_layers(value: int | None, spec: Spec) -> int | None:
    _needs_source(value, spec)
    depth = hidden_depth(spec)
    if value is not None and value > depth:
        raise wrong(f"the network has only {depth} hidden layer{'s' if depth > 1 else ''}", f"at most {depth}")
    return value


def transfer_freeze(value: bool | None, spec: Spec) -> bool | None:
    _needs_source(value, spec)
    return value


def _needs_source(value: object, spec: Spec) -> None:
    if value and spec["transfer_from"] is None:
        raise wrong("there is no run to take layers from", f"{LEAVE_OUT}, or set transfer_from to the id of a run")


CHECKS: dict[str, Callable[[Any, Spec], Any]] = {
    "name": name,
    "classes": classes,
    "train_size": train_size,
    "channels": channels,
    "hidden": hidden,
    "activation": per_hidden_layer,
    "alpha": alpha,
    "pieces": pieces,
    "init": per_hidden_layer,
    "init_std": init_std,
    **{field: optimizer_constant(field) for field in ("momentum", "beta2", "rho", "eps")},
    "clip_at": clip_at,
    "batch_size": batch_size,
    "steps_per_epoch": steps_per_epoch,
    "snapshot_every": snapshot_every,
    "transfer_layers": transfer_layers,
    "transfer_freeze": transfer_freeze,
    "mc_passes": mc_passes,
}
