"""What the curves of loss and error tell."""

import math

import numpy as np

from ml.catalog import Floats
from ml.rules.evidence import Evidence
from ml.rules.finding import ALARM, WARNING, Limit, Reading, Rule, share
from ml.words import words

WINDOW = 10  # snapshots that an oscillation is looked for in
FEWEST = 5  # of them
# The skill from which on something was learnt, whatever the loss is: a few answers that are wrong and certain can keep
# it above that of guessing.
SOMETHING_LEARNT = 0.2


def loss_not_decreasing(evidence: Evidence, limit: Limit) -> Reading:
    """How far the train loss is below that of guessing, or below the first one where that is lower, as a share of it:
    the best of the last snapshots. To guess is to give every image the same answer ȳ, how frequent the classes are; for
    K equally frequent ones that costs ln K. A network that after some epochs answers no better than a guess has learnt
    nothing, or forgotten it again. Silent where noticeably more answers are right than a guess would have right."""
    losses, won = evidence.metric("train_loss"), below_guessing(evidence)
    if len(losses) <= limit.patience or not losses[0]:
        return Reading(math.nan)
    value = float(limit.held(won, limit.patience))
    if not limit.crossed(value):
        return Reading(value)
    text = words(
        "After {epochs:.4g} epochs the training loss is {loss:.3g}, and that of guessing is {guess:.3g}.",
        epochs=evidence.snapshots[-1].epoch, loss=float(losses[-1]), guess=evidence.guess_loss,
    )  # fmt: skip
    return Reading(value, step=evidence.step(limit.began(won)), text=text)


def below_guessing(evidence: Evidence) -> Floats:
    """(snapshots,) how far the train loss is below that of guessing, or below the first one where that is lower, as a
    share of it; NaN where the first is 0."""
    losses = evidence.metric("train_loss")
    start = min(float(losses[0]), evidence.guess_loss) if len(losses) else math.nan
    return 1 - losses / (start or math.nan)


def oscillating_loss(evidence: Evidence, _limit: Limit) -> Reading:
    """By how much the train loss rises from one snapshot to the next, on average over the last snapshots, relative to
    their median. A loss that falls steadily rises by nothing; one that jumps over its minimum rises every other
    time."""
    losses = evidence.metric("train_loss")[-WINDOW:]
    if len(losses) < FEWEST or not np.median(losses):
        return Reading(math.nan)
    text = words(
        "Over the last {count} snapshots the training loss jumps between {low:.3g} and {high:.3g}.",
        count=len(losses), low=float(losses.min()), high=float(losses.max()),
    )  # fmt: skip
    first = len(evidence.snapshots) - len(losses) + int(np.argmax(np.diff(losses) > 0))
    return Reading(mean_rise(losses), step=evidence.step(first), text=text)


def mean_rise(losses: Floats) -> float:
    """From one (snapshots,) loss to the next, relative to their median; NaN where that is 0."""
    return float(np.clip(np.diff(losses), 0, None).mean() / (np.median(losses) or math.nan))


def overfit(evidence: Evidence, limit: Limit) -> Reading:
    """The share of wrong answers on the validation set less that on the train set: what was learnt by heart, and does
    not hold for new examples."""
    training, validation = evidence.metric("train_error"), evidence.metric("val_error")
    gap = validation - training
    value = float(limit.held(gap, evidence.patience(limit.patience)))
    if not limit.crossed(value):
        return Reading(value)
    text = words(
        "{train} of the training answers are wrong and {val} of the validation answers: it learns examples by heart.",
        train=share(float(training[-1])), val=share(float(validation[-1])),
    )  # fmt: skip
    return Reading(value, step=evidence.step(limit.began(gap)), text=text)


RULES = (
    Rule(
        "oscillating_loss", words("Oscillating loss"), WARNING, Limit(0.1), "mean max(0, Cₜ₊₁ − Cₜ) / median Cₜ",
        words("The optimisers and the learning rate"), oscillating_loss, figure="loss",
    ),
    Rule(
        "loss_not_decreasing", words("Loss not decreasing"), ALARM, Limit(0.05, above=False, patience=5),
        "1 − Cₜ / min(C₀, C(ȳ))", words("Training is slow"), loss_not_decreasing, figure="loss",
        silent_from=SOMETHING_LEARNT,
    ),
    Rule(
        "overfit", words("Overfitting"), WARNING, Limit(0.1, patience=3), "error(validation) − error(train)",
        words("Overfitting and regularisation"), overfit, figure="error", silent_from=math.inf,
    ),
)  # fmt: skip
