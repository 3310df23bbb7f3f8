"""What a rule measures, in words, and its numbers as people write them."""

import math

from app.i18n import gettext as _
from app.i18n import percent
from app.wording import amount
from ml.rules import Limit
from ml.words import Words, words

_DEAD, _FLAT = words("dead units in the worst layer"), words("saturation of the worst layer")
_TO_LAST = words("gradient at layer 1 over that at the last hidden layer")
_STEP = words("largest step relative to the weights")

_NAMES = {
    "diverged": words("values that are infinite or not a number"),
    "constant_weights": words("standard deviation of the initial weights"),
    "dead_units": _DEAD,
    "saturated_activation": _FLAT,
    "exploding_gradient": _TO_LAST,
    "vanishing_gradient": _TO_LAST,
    "update_too_large": _STEP,
    "update_too_small": _STEP,
    "oscillating_loss": words("rise of the training loss between snapshots, relative to it"),
    "loss_not_decreasing": words("fall of the training loss below that of guessing"),
    "overfit": words("validation error minus training error"),
    "unscaled_inputs": words("largest input"),
    "linear_hidden_layers": words("linear hidden layers"),
    "high_dropout": words("dropout"),
}
# Of the rule that looks at several quantities, by how their formula begins.
_AT_STEP_0 = {
    "min σ(W)": words("least standard deviation of a layer's initial weights"),
    "max #{dead": words("dead units in the worst layer at step 0"),
    "max #{|f′": words("saturation of the worst layer at step 0"),
    "max σ": words("largest signal or gradient of a layer over the smallest, at step 0"),
    "C₀": words("first loss over that of guessing"),
}
_SHARES = {"dead_units", "saturated_activation", "oscillating_loss", "loss_not_decreasing", "overfit", "high_dropout"}


def quantity(rule: str, formula: str) -> Words:
    """What is measured, to stand in a sentence."""
    return _NAMES.get(rule) or next(name for start, name in _AT_STEP_0.items() if formula.startswith(start))


def is_share(rule: str, formula: str) -> bool:
    """Whether it is written in percent."""
    return rule in _SHARES or formula.startswith("max #")


def written(value: float, rule: str, formula: str) -> str:
    """The quantity as a number."""
    return percent(value, ".3g") if is_share(rule, formula) and math.isfinite(value) else amount(value)


def allowed(limit: Limit, rule: str, formula: str) -> str:
    """What would be in order."""
    bound = written(limit.threshold, rule, formula)
    return _("at most {limit}", limit=bound) if limit.above else _("at least {limit}", limit=bound)
