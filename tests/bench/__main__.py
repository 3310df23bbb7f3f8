"""`make bench`, or `make bench ONLY=ac` for some of its groups."""

import sys

from app.training import warm_up
from tests.bench import browser, diagnosing, keeping, pages, recorder, serving, training
from tests.bench.table import header

GROUPS = {
    "a": training.everything_measured,
    "j": training.jacobians,
    "b": training.pulses,
    "c": training.tutorial_loop,
    "d": recorder.tensorboard,
    "k": keeping.checkpoints,
    "p": pages.waiting,
    "w": browser.looking,
    "r": diagnosing.rules,
    "s": serving.serving,
}


def main(letters: str) -> None:
    """The groups of these letters; nothing for all."""
    warm_up()  # as the product's training process does
    header()
    for letter, group in GROUPS.items():
        if letter in (letters or GROUPS):
            group()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
