"""What was put in against what fired: who is right how often."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

# What a fault may bring with it, one step on; what follows from that follows too. Such a rule counts neither for nor
# against when it fires; any other that fires is a false alarm.
FOLLOWS: Mapping[str, tuple[str, ...]] = {
    # Weights and inputs decide how large signals and gradients are, and where on its activation a unit begins.
    "constant_weights": ("poor_initialization",),
    "unscaled_inputs": ("poor_initialization", "update_too_large"),
    "poor_initialization": ("exploding_gradient", "vanishing_gradient", "saturated_activation", "dead_units"),
    # Steps that are too long drive units to where they are flat, and the loss up and down.
    # Large initial weights hardly move, and what is fitted with them does not hold for new examples (Chizat, Oyallon &
    # Bach, 2019, "On lazy training in differentiable programming").
    "exploding_gradient": ("update_too_large", "loss_not_decreasing", "overfit"),
    "update_too_large": ("diverged", "saturated_activation", "dead_units", "oscillating_loss"),
    "saturated_activation": ("vanishing_gradient", "oscillating_loss"),
    "dead_units": ("vanishing_gradient", "oscillating_loss"),
    "oscillating_loss": ("loss_not_decreasing",),
    # Without a gradient there are no steps, without steps nothing is learnt.
    "vanishing_gradient": ("update_too_small", "loss_not_decreasing"),
    "update_too_small": ("loss_not_decreasing",),
    "linear_hidden_layers": ("loss_not_decreasing",),
    "high_dropout": ("loss_not_decreasing",),
}


def consequences(faults: Iterable[str]) -> set[str]:
    """All that may follow from these, without themselves."""
    found, ahead = set(faults), list(faults)
    while ahead:
        new = set(FOLLOWS.get(ahead.pop(), ())) - found
        found |= new
        ahead += new
    return found - set(faults)


@dataclass(frozen=True)
class Treatment:
    """The first repair that was proposed: whether the rule is silent after it, and the verdict."""

    cure: str
    gone: bool
    verdict: str


@dataclass(frozen=True)
class Outcome:
    """Of a run with these `faults`, none if it is healthy, the one that was put in before those that come with it: the
    rules that `fired`, the first finding first."""

    label: str
    faults: tuple[str, ...]
    fired: tuple[str, ...]
    treatment: Treatment | None = None


@dataclass(frozen=True)
class Score:
    """How often a rule fired as it must, did not, and fired where it must not."""

    right: int = 0
    missed: int = 0
    false: int = 0

    def __add__(self, other: "Score") -> "Score":
        return Score(self.right + other.right, self.missed + other.missed, self.false + other.false)

    @property
    def precision(self) -> float:
        fired = self.right + self.false
        return self.right / fired if fired else math.nan

    @property
    def recall(self) -> float:
        there = self.right + self.missed
        return self.right / there if there else math.nan


def score(outcomes: Iterable[Outcome], rule: str, *, strict: bool = False) -> Score:
    """`strict`: what follows from a fault is a false alarm too."""
    return sum((_one(outcome, rule, strict) for outcome in outcomes), Score())


def _one(outcome: Outcome, rule: str, strict: bool) -> Score:
    fired = rule in outcome.fired
    if rule in outcome.faults:
        return Score(right=fired, missed=not fired)
    excused = not strict and rule in consequences(outcome.faults)
    return Score(false=fired and not excused)


def false_alarms(outcome: Outcome) -> list[str]:
    return [rule for rule in outcome.fired if score([outcome], rule).false]


def share_of(flags: Iterable[bool]) -> float:
    """How many are true; not a number of none."""
    values = list(flags)
    return sum(values) / len(values) if values else math.nan


def named_first(outcome: Outcome) -> bool:
    """Whether the first finding is what was put in."""
    return outcome.fired[:1] == outcome.faults[:1]


def cured(outcome: Outcome) -> bool:
    """Whether the fault was found, and is gone after the first repair."""
    return outcome.treatment is not None and outcome.treatment.gone


def fixed(outcome: Outcome) -> bool:
    """And not at the price of more wrong answers."""
    return outcome.treatment is not None and outcome.treatment.verdict == "fixed"
