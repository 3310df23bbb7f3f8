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
from ml.words import Words, all_of, any_of, plural, words

Spec = Mapping[str, Any]


def _leave_out(setting: str, *choices: str) -> Words:
    """The fix of a setting that would change nothing as the others are."""
    return words("leave it out, or choose {setting} = {choices}", setting=setting, choices=any_of(choices))


def name(value: str, _: Spec) -> str:
    if not value.isprintable():
        raise wrong(
            words("the name holds characters that can't be printed"), words("use letters, digits and punctuation")
        )
    return value.strip()


# --- data ---


def classes(value: tuple[int, ...] | None, spec: Spec) -> tuple[int, ...] | None:
    count = len(DATASETS[spec["dataset"]].classes)
    if value is None:
        return None
    if len(set(value)) != len(value) or len(value) < 2 or not all(0 <= c < count for c in value):
        raise wrong(
            words("must name at least two different labels from 0 to {last}", last=count - 1),
            words("for example {value}", value=words("0 and {last}", last=count - 1)),
        )
    return tuple(sorted(value))


def train_size(value: int | None, spec: Spec) -> int | None:
    available = available_examples(DATASETS[spec["dataset"]], spec["classes"])
    if value is not None and available is not None and value > available:
        raise wrong(
            words("there are only {available:,} training examples", available=available),
            words("at most {limit}", limit=available),
        )
    return value


# --- network ---


def channels(value: tuple[int, ...] | None, spec: Spec) -> tuple[int, ...] | None:
    if value is None and spec["architecture"] != "cnn":
        return None
    if spec["architecture"] != "cnn":
        raise wrong(words("a dense network has no channels"), _leave_out("architecture", "cnn"))
    outputs = sum(shape.outputs for shape in layer_shapes({**spec, "channels": value, "hidden": ()}))
    if outputs > MAX_OUTPUTS:
        raise wrong(
            words(
                "the convolutions would have {outputs:,} outputs for each image, the limit is {limit:,}",
                outputs=outputs,
                limit=MAX_OUTPUTS,
            ),
            words("fewer channels, for example {value}", value="16, 32"),
        )
    return value


def hidden(value: tuple[int, ...], spec: Spec) -> tuple[int, ...]:
    if not value and spec["architecture"] == "mlp":
        raise wrong(words("a dense network needs a hidden layer"), words("for example {value}", value="300, 100"))
    fix = words("fewer or narrower layers, for example {value}", value="1000, 1000, 1000")
    _check_parameters({**spec, "hidden": value}, fix)
    return value


def pieces(value: int | None, spec: Spec) -> int | None:
    if "maxout" in _each(spec, "activation"):
        _check_parameters({**spec, "pieces": value}, words("fewer pieces, or fewer or narrower layers"))
    elif value is not None:
        raise wrong(words("only maxout units have pieces"), _leave_out("activation", "maxout"))
    return value


def _check_parameters(spec: Spec, fix: str) -> None:
    count = sum(shape.parameters for shape in layer_shapes(spec))
    if count > MAX_PARAMETERS:
        raise wrong(
            words(
                "the network would have {count:,} parameters, the limit is {limit:,}",
                count=count,
                limit=MAX_PARAMETERS,
            ),
            fix,
        )


def per_hidden_layer(value: str | tuple[str, ...], spec: Spec) -> str | tuple[str, ...]:
    """A list of one is that one."""
    convolutions = len(conv_channels(spec))
    depth = hidden_depth(spec)
    if isinstance(value, str):
        return value
    if len(value) != depth:
        layers: str = plural("{count} hidden layer", "{count} hidden layers", count=depth)
        if convolutions:
            layers = words("{layers}, {convolutions} of them convolutions", layers=layers, convolutions=convolutions)
        raise wrong(
            words("names {given} for a network with {layers}", given=len(value), layers=layers),
            words("one name for all, or a list of {depth}", depth=depth),
        )
    return value[0] if depth == 1 else value


def alpha(value: float | None, spec: Spec) -> float | None:
    users = [a.name for a in ACTIVATIONS.values() if a.alpha is not None]
    chosen = _each(spec, "activation")
    if value is not None and not set(users) & set(chosen):
        raise wrong(words("{activations} has no α", activations=all_of(chosen)), _leave_out("activation", *users))
    return value


def init_std(value: float | None, spec: Spec) -> float | None:
    chosen = _each(spec, "init")
    if value is not None and "normal" not in chosen:
        raise wrong(
            words("{initialisers} computes its own standard deviation", initialisers=all_of(chosen)),
            _leave_out("init", "normal"),
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
            users = [o.name for o in OPTIMIZERS.values() if field in o.defaults]
            raise wrong(words("{optimizer} does not use it", optimizer=chosen.name), _leave_out("optimizer", *users))
        return value

    return check


def clip_at(value: float | None, spec: Spec) -> float | None:
    if value is not None and spec["clip"] == "none":
        raise wrong(words("nothing is clipped"), _leave_out("clip", "norm", "value"))
    return value


def batch_size(value: int, spec: Spec) -> int:
    available = train_examples(spec)
    if available is not None and value > available:
        raise wrong(
            words("larger than the {available:,} training examples", available=available),
            words("at most {limit}, for example {value}", limit=available, value=32),
        )
    if spec["batch_norm"] != "none" and (value == 1 or (available or 0) % value == 1):
        fitting = next(size for size in range(value + 1, value + 9) if (available or 0) % size != 1)
        raise wrong(
            words("batch normalisation needs two examples in every batch, the last one too"),
            words("for example {value}", value=fitting),
        )
    return value


def steps_per_epoch(value: int | None, spec: Spec) -> int | None:
    epochs = spec["epochs"]
    total = epochs * (value or steps_in_one_pass(spec))
    if total > MAX_STEPS:
        raise wrong(
            words("the run would take {total:,} steps, the limit is {limit:,}", total=total, limit=MAX_STEPS),
            plural(
                "at most {limit} with {count} epoch",
                "at most {limit} with {count} epochs, or fewer epochs",
                count=epochs,
                limit=MAX_STEPS // epochs,
            ),
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
        raise wrong(
            words("{count:,} snapshots, the limit is {limit:,}", count=count, limit=most),
            words("at least {least} steps between two", least=least),
        )
    return value


def mc_passes(value: int | None, spec: Spec) -> int | None:
    if value is not None and not spec["dropout"] and not spec["input_dropout"]:
        raise wrong(
            words("without dropout every pass is the same"),
            words("leave it out, or set dropout, for example {value:g}", value=0.2),
        )
    return value


# --- transfer ---


def transfer_layers(value: int | None, spec: Spec) -> int | None:
    _needs_source(value, spec)
    depth = hidden_depth(spec)
    if value is not None and value > depth:
        raise wrong(
            plural(
                "the network has only {count} hidden layer", "the network has only {count} hidden layers", count=depth
            ),
            words("at most {limit}", limit=depth),
        )
    return value


def transfer_freeze(value: bool | None, spec: Spec) -> bool | None:
    _needs_source(value, spec)
    return value


def _needs_source(value: object, spec: Spec) -> None:
    if value and spec["transfer_from"] is None:
        raise wrong(
            words("there is no run to take layers from"),
            words("leave it out, or set transfer_from to the id of a run"),
        )


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
