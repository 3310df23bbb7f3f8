"""What Monte-Carlo dropout found, for the page of a run: a sentence, and the examples at both ends."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app import png
from app.i18n import gettext as _
from app.i18n import number
from ml.catalog import DATASETS, SCALINGS
from ml.records import MonteCarlo, RunRecord

SHOWN = 6  # of the most certain examples, and of the least


@dataclass(frozen=True)
class Answer:
    """What the network said of one validation example. `probability` is that of `answer`, the class it gave most, the
    mean over all passes, and `spread` its standard deviation; `entropy` is in nats."""

    number: int
    picture: str
    truth: str
    answer: str
    probability: float
    spread: float
    entropy: float

    @property
    def right(self) -> bool:
        return self.answer == self.truth


@dataclass(frozen=True)
class Certainty:
    """`most` and `least` certain examples, the utmost first."""

    sentence: str
    most: tuple[Answer, ...]
    least: tuple[Answer, ...]


def certainty(run: RunRecord) -> Certainty | None:
    """None where the run has no Monte-Carlo passes, or not yet, or answers that are not finite."""
    found = run.monte_carlo
    if found is None or not np.isfinite(found.entropy).all():
        return None
    answers = tuple(_answers(run, found))
    half = len(answers) // 2
    return Certainty(_sentence(run, found), answers[:half][:SHOWN], answers[half:][:SHOWN])


def _sentence(run: RunRecord, found: MonteCarlo) -> str:
    right = found.mean.argmax(axis=1) == found.labels
    guess = f"ln {run.spec.class_count} = {number(math.log(run.spec.class_count), '.2f')}"
    return _(
        "Over {passes} passes, {wrong} of {count:,} validation examples ({share:.1f} %) are answered wrongly. The mean "
        "entropy is {means}; 0 is certain, {guess} is a guess.",
        passes=run.spec.mc_passes, wrong=int((~right).sum()), count=len(right), share=100 * float((~right).mean()),
        means=_mean_entropies(found.entropy[right], found.entropy[~right]),
        guess=guess.replace(" ", "\N{NO-BREAK SPACE}"),
    )  # fmt: skip


def _mean_entropies(right: NDArray[np.float32], wrong: NDArray[np.float32]) -> str:
    if not wrong.size:
        return _("{mean:.2f} nats for right answers", mean=float(right.mean()))
    if not right.size:
        return _("{mean:.2f} nats for wrong answers", mean=float(wrong.mean()))
    return _(
        "{right:.2f} nats for right answers and {wrong:.2f} nats for wrong answers",
        right=float(right.mean()), wrong=float(wrong.mean()),
    )  # fmt: skip


def _answers(run: RunRecord, found: MonteCarlo) -> Iterator[Answer]:
    """The most certain examples, then the least certain ones."""
    data = DATASETS[run.spec.dataset]
    names = run.spec.class_names
    low, high = SCALINGS[run.spec.scaling].ends(data)
    for example, picture in zip(found.extremes.tolist(), found.pictures, strict=True):
        answer = int(np.argmax(found.mean[example]))
        yield Answer(
            number=example,
            picture=png.data_uri(picture.reshape(data.shape), low, high),
            truth=_(names[found.labels[example]]),
            answer=_(names[answer]),
            probability=float(found.mean[example, answer]),
            spread=float(found.std[example, answer]),
            entropy=float(found.entropy[example]),
        )
