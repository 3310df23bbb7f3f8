"""What cures a run: changes of its spec, and which of them to try first for what is wrong.

A new cure is an entry in CURES and its name in the order of the problems that it helps against.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from ml.catalog import INITIALISERS
from ml.rules import Finding, diagnose_spec
from ml.sizes import per_layer
from ml.spec import RunSpec
from ml.words import Words, words

Changes = Mapping[str, Any]

# Times that the weights of a layer may be as large as would fit, or as small; and those of all layers, multiplied.
TOO_FAR, ALL_TOO_FAR = 3.0, 20.0
# Where each optimizer is usually begun.
USUAL_LR = {
    "sgd": 0.1, "momentum": 0.01, "nesterov": 0.01, "adagrad": 0.01, "rmsprop": 0.001, "adam": 0.001, "nadam": 0.001,
}  # fmt: skip
# The initialiser that keeps the variance under each activation (Glorot & Bengio, 2010; He et al., 2015; Klambauer et
# al., 2017).
FITTING_INIT = {
    "sigmoid": "xavier_normal", "tanh": "xavier_normal", "softsign": "xavier_normal", "linear": "xavier_normal",
    "maxout": "xavier_normal", "relu": "kaiming_normal", "leaky_relu": "kaiming_normal", "elu": "kaiming_normal",
    "gelu": "kaiming_normal", "selu": "lecun_normal",
}  # fmt: skip


@dataclass(frozen=True)
class Cure:
    """A change of settings. `changes` are the fields of a spec that it sets, to the values they have where there is
    nothing to change."""

    name: str
    label: Words
    changes: Callable[[RunSpec], Changes]


@dataclass(frozen=True)
class Fix:
    """A cure for one run, that makes a spec which can be run."""

    cure: Cure
    changes: Changes
    spec: RunSpec


def repaired(spec: RunSpec, changes: Changes) -> RunSpec | None:
    """The spec with these fields changed; None where no run can have them."""
    try:
        return RunSpec.model_validate(spec.model_dump() | dict(changes))
    except ValidationError:
        return None


def fix(spec: RunSpec, cure: Cure) -> Fix | None:
    """None where the cure changes nothing about the spec, or can't be had with it."""
    changes = cure.changes(spec)
    changed = repaired(spec, changes)
    return Fix(cure, changes, changed) if changed and changed != spec else None


def fixes(spec: RunSpec, finding: Finding) -> list[Fix]:
    """The cures for what was found in a run of this spec, the most promising first: those that undo a setting which is
    unusual in itself, then the others, each in the order of REMEDIES."""
    odd = {name for name, is_odd in ODD.items() if is_odd(spec)}
    order = sorted(REMEDIES[finding.rule.name], key=lambda name: name not in odd)
    return [one for name in order if (one := fix(spec, CURES[name]))]


def same_settings(one: RunSpec, other: RunSpec) -> bool:
    """Whether they train the same, whatever they are called."""
    return one.model_copy(update={"name": other.name}) == other


def cure_between(before: RunSpec, after: RunSpec) -> Cure | None:
    """The cure that makes one spec of the other; None where no single one does."""
    found = (one for cure in CURES.values() if (one := fix(before, cure)))
    return next((one.cure for one in found if same_settings(one.spec, after)), None)


# --- the cures ---


def _fitting_init(spec: RunSpec) -> Changes:
    inits = tuple(FITTING_INIT[activation.name] for activation in spec.activations)
    return {"init": inits[0] if len(set(inits)) == 1 else inits, "init_std": None}


def _activation(name: str) -> Callable[[RunSpec], Changes]:
    """Another activation for every layer, with the initialiser that fits it."""
    fitting = {"init": FITTING_INIT[name], "init_std": None, "alpha": None, "pieces": None}
    return lambda _spec: {"activation": name} | fitting


def _times(factor: float) -> Callable[[RunSpec], Changes]:
    return lambda spec: {"lr": float(f"{spec.lr * factor:.3g}")}


def _less_dropout(spec: RunSpec) -> Changes:
    return {"dropout": min(spec.dropout, 0.2), "input_dropout": 0.0}


def _set(**changes: Any) -> Callable[[RunSpec], Changes]:
    return lambda _spec: changes


def _optimizer(name: str) -> Changes:
    constants = dict.fromkeys(("momentum", "beta2", "rho", "eps"))
    return {"optimizer": name, "lr": USUAL_LR[name]} | constants


def _fewer_layers(spec: RunSpec) -> Changes:
    if len(spec.hidden) <= 2:
        return {}
    first_two = {
        field: per_layer(getattr(spec, field), spec.depth)[: len(spec.conv_channels) + 2]
        for field in ("activation", "init")
        if not isinstance(getattr(spec, field), str)
    }
    return {"hidden": spec.hidden[:2]} | first_two


CURES = {
    cure.name: cure
    for cure in (
        Cure("usual_lr", words("the optimizer's usual learning rate"), lambda s: {"lr": USUAL_LR[s.optimizer]}),
        Cure("lower_lr", words("a tenth of the learning rate"), _times(0.1)),
        Cure("higher_lr", words("ten times the learning rate"), _times(10)),
        Cure("adam", words("Adam with its usual learning rate"), lambda _: _optimizer("adam")),
        Cure("fitting_init", words("the initialiser that fits the activation"), _fitting_init),
        Cure("no_bias", words("biases that start at 0"), _set(bias_init=0.0)),
        Cure("scaled_inputs", words("inputs scaled to [−1, 1]"), _set(scaling="symmetric")),
        Cure("batch_norm", words("batch normalisation before the activation"), _set(batch_norm="before")),
        Cure("relu", words("ReLU with He's initialiser"), _activation("relu")),
        Cure("leaky_relu", words("leaky ReLU"), _activation("leaky_relu")),
        Cure("elu", words("ELU"), _activation("elu")),
        Cure("selu", words("SELU with LeCun's initialiser"), _activation("selu")),
        Cure("clip", words("gradients clipped to norm 1"), _set(clip="norm", clip_at=1.0)),
        Cure("no_clip", words("no clipping"), _set(clip="none", clip_at=None)),
        Cure("fewer_layers", words("two hidden layers only"), _fewer_layers),
        Cure("all_data", words("the whole training set"), _set(train_size=None)),
        Cure("dropout", words("dropout of one half"), _set(dropout=0.5)),
        Cure("less_dropout", words("dropout of 20 % at most, none of the inputs"), _less_dropout),
        Cure("decay", words("weight decay of 0.01"), _set(weight_decay=0.01)),
        Cure("no_decay", words("no weight decay"), _set(weight_decay=0.0)),
        Cure("no_max_norm", words("no max-norm"), _set(max_norm=None)),
        Cure("larger_batch", words("batches eight times as large"), lambda s: {"batch_size": 8 * s.batch_size}),
    )
}


def _needs_other_lr(spec: RunSpec) -> bool:
    return not 1 / 20 <= spec.lr / USUAL_LR[spec.optimizer] <= 3


def _needs_other_init(spec: RunSpec) -> bool:
    """Whether the weights of some hidden layer are drawn TOO_FAR times as large as would fit, or as small, or those of
    all of them together ALL_TOO_FAR times. Under a sigmoid the latter does not count: its slope lets the gradient fade
    whatever the weights are."""
    times = list(_times_fitting(spec))
    steep = [x for x, activation in zip(times, spec.activations, strict=True) if activation.name != "sigmoid"]
    together = math.prod(steep)
    return any(_is_far(x, TOO_FAR) for x in times) or _is_far(together, ALL_TOO_FAR)


def _times_fitting(spec: RunSpec) -> Iterator[float]:
    """For each hidden layer, how many times as large its weights are drawn as fits its activation."""
    std = 1.0 if spec.init_std is None else spec.init_std
    for shape, init, activation in zip(spec.shapes, spec.inits, spec.activations, strict=False):
        fitting = INITIALISERS[FITTING_INIT[activation.name]].variance(shape.fan_in, shape.fan_out, 1.0)
        yield math.sqrt(INITIALISERS[init].variance(shape.fan_in, shape.fan_out, std) / fitting)


def _is_far(times: float, limit: float) -> bool:
    return not 1 / limit <= times <= limit


# Which settings of a spec are unusual in themselves, by the cure that undoes them.
ODD: dict[str, Callable[[RunSpec], bool]] = {
    "usual_lr": _needs_other_lr,
    "fitting_init": _needs_other_init,
    "no_bias": lambda spec: abs(spec.bias_init) > 0.5,
    "scaled_inputs": lambda spec: any(f.rule.name == "unscaled_inputs" for f in diagnose_spec(spec)),
    "no_clip": lambda spec: spec.clip != "none" and spec.clip_limit < 0.01,
    "less_dropout": lambda spec: max(spec.dropout, spec.input_dropout) > 0.5,
    "no_decay": lambda spec: spec.weight_decay > 0.05,
    "no_max_norm": lambda spec: spec.max_norm is not None and spec.max_norm < 0.5,
}

_GRADIENT = ("batch_norm", "relu", "selu", "fitting_init", "no_bias", "scaled_inputs", "no_decay", "fewer_layers")
_TOO_FAST = ("fitting_init", "scaled_inputs", "usual_lr", "lower_lr", "clip", "adam", "batch_norm")
_STUCK = (
    "relu", "batch_norm", "adam", "usual_lr", "fitting_init", "no_bias", "no_clip", "no_decay", "no_max_norm",
    "less_dropout", "scaled_inputs", "higher_lr", "lower_lr",
)  # fmt: skip

# By rule: what helps against it, the most promising first.
REMEDIES: dict[str, tuple[str, ...]] = {
    "diverged": _TOO_FAST,
    "exploding_gradient": ("fitting_init", "batch_norm", "usual_lr", "clip", "lower_lr", "fewer_layers"),
    "vanishing_gradient": _GRADIENT,
    "poor_initialization": ("no_bias", "fitting_init", "scaled_inputs", "batch_norm", "relu", "selu"),
    "dead_units": (
        "no_bias", "usual_lr", "fitting_init", "lower_lr", "scaled_inputs", "leaky_relu", "elu", "batch_norm",
    ),
    "saturated_activation": ("no_bias", "fitting_init", "scaled_inputs", "usual_lr", "batch_norm", "lower_lr", "relu"),
    "update_too_large": ("usual_lr", "no_decay", "no_max_norm", "lower_lr", "adam", "clip"),
    "update_too_small": ("no_clip", "usual_lr", "adam", "higher_lr"),
    "oscillating_loss": ("usual_lr", "lower_lr", "adam", "larger_batch", "clip"),
    "loss_not_decreasing": _STUCK,
    "overfit": ("all_data", "dropout", "decay", "fewer_layers"),
    "constant_weights": ("fitting_init",),
    "unscaled_inputs": ("scaled_inputs",),
    "linear_hidden_layers": ("relu", "leaky_relu"),
    "high_dropout": ("less_dropout",),
}  # fmt: skip
