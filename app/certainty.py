"""What Monte-Carlo dropout found, for the page of a run: a sentence, and the examples at both ends."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from app import png
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
    count, wrong = len(right), int((~right).sum())
    share = f"{wrong} of {count:,} validation examples ({100 * wrong / count:.1f} %) are answered wrongly"
    groups = {"right": found.entropy[right], "wrong": found.entropy[~right]}
    means = [f"{group.mean():.2f} nats for {name} answers" for name, group in groups.items() if group.size]
    guess = f"ln {run.spec.class_count} = {math.log(run.spec.class_count):.2f}".replace(" ", "\N{NO-BREAK SPACE}")
    scale = f"0 is certain, {guess} is a guess"
    return f"Over {run.spec.mc_passes} passes, {share}. The mean entropy is {' and '.join(means)}; {scale}."


def _answers(run: RunRecord, found: MonteCarlo) -> Iterator[Answer]:
    """The most certain examples, then the least certain ones."""
    data = DATASETS[run.spec.dataset]
    names = run.spec.class_names
    low, high = SCALINGS[run.spec.scaling].ends(data)
    for number, picture in zip(found.extremes.tolist(), found.pictures, strict=True):
        answer = int(np.argmax(found.mean[number]))
        yield Answer(
            number=number,
            picture=png.data_uri(picture.reshape(data.shape), low, high),
            truth=names[found.labels[number]],
            answer=names[answer],
            probability=float(found.mean[number, answer]),
            spread=float(found.std[number, answer]),
            entropy=float(found.entropy[number]),
        )
