"""What the settings alone tell, before anything is trained."""

from ml.catalog import DATASETS, SCALINGS
from ml.rules.evidence import Evidence
from ml.rules.finding import ALARM, WARNING, Limit, Reading, Rule, share
from ml.words import words


def linear_hidden_layers(evidence: Evidence, _limit: Limit) -> Reading:
    """Hidden layers without a bend. A linear function of a linear function is linear: the network can do no more than
    one without hidden layers."""
    spec = evidence.spec
    linear = [name for name, f in zip(spec.hidden_layers, spec.activations, strict=True) if f.name == "linear"]
    if not linear:
        return Reading(0.0)
    text = words(
        "{count} of {layers} hidden layers are linear: they add nothing that one layer could not do.",
        count=len(linear), layers=spec.depth,
    )  # fmt: skip
    return Reading(len(linear), linear[0], tuple(linear), text=text)


def high_dropout(evidence: Evidence, _limit: Limit) -> Reading:
    """The probability with which a unit is dropped. Beyond one half, each step trains a network that has lost most of
    itself; 20-50 % is usual (Srivastava et al., 2014, appendix A)."""
    spec = evidence.spec
    value = max(spec.dropout, spec.input_dropout)
    text = words("Dropout takes {share} of the units out of every step; 20-50 % is usual.", share=share(value))
    return Reading(value, text=text)


def constant_weights(evidence: Evidence, _limit: Limit) -> Reading:
    """The standard deviation that the weights are drawn with. Units that start equal get equal gradients and stay
    equal: a layer of them is one unit."""
    spec = evidence.spec
    value = 0.0 if "normal" in spec.inits and spec.init_std == 0 else 1.0
    text = words("All weights start at {value:g}: the units of a layer stay equal, as if it had one.", value=0.0)
    return Reading(value, text=text)


def unscaled_inputs(evidence: Evidence, _limit: Limit) -> Reading:
    """The largest absolute input. Weights are drawn for inputs of about 1; larger ones saturate the first layer, and
    inputs of one sign alone make the steps zigzag (LeCun et al., 1998, section 4.3)."""
    spec = evidence.spec
    ends = SCALINGS[spec.scaling].ends(DATASETS[spec.dataset])
    value = max(map(abs, ends))
    text = words("The inputs go up to {value:g}; initialisers expect about 1.", value=value)
    return Reading(value, text=text)


RULES = (
    Rule(
        "constant_weights", words("Constant weights"), ALARM, Limit(1e-12, above=False), "σ(W)",
        words("Initialisation: Glorot and He"), constant_weights,
    ),
    Rule(
        "unscaled_inputs", words("Inputs not scaled"), WARNING, Limit(1.5), "max |x|",
        words("Initialisation: Glorot and He"), unscaled_inputs,
    ),
    Rule(
        "linear_hidden_layers", words("Linear hidden layers"), WARNING, Limit(0.5), "#{i: fⁱ(s) = s}",
        words("The activations"), linear_hidden_layers,
    ),
    Rule(
        "high_dropout", words("Dropout above one half"), WARNING, Limit(0.5), "p", words("Dropout"), high_dropout,
    ),
)  # fmt: skip
