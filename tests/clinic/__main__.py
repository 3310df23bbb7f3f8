"""`make clinic`: trains runs with a fault put in and healthy ones, and says how often the diagnosis is right.

The rules were tuned on seeds 0 and 1 at width 1. What is run unless asked otherwise are other seeds and widths.
"""

import sys
import time
from collections.abc import Iterator, Sequence

from ml.patients import PATIENTS
from ml.rules import RULES
from tests.clinic.counting import Outcome, cured, false_alarms, score, share_of
from tests.clinic.healthy import HEALTHY
from tests.clinic.report import exceptions, report, total
from tests.clinic.trials import trials

TUNED = ["0:1", "1:1"]
HELD_OUT = ["41:0.7", "42:0.8", "43:1.3", "44:1.6"]

OVERALL, EACH = 0.95, 0.85  # least precision and recall: of all rules together, of every rule
FALSE_ALARMS = 1  # most, in the healthy set
CURED = 0.8  # least share of the patients


def main(arguments: list[str]) -> None:
    """Arguments are seed:width, the width in times that of the library."""
    chosen, began = arguments or HELD_OUT, time.perf_counter()
    rounds = []
    for name, outcomes in zip(chosen, trials([*PATIENTS, *HEALTHY], list(map(_parsed, chosen))), strict=True):
        print(f"{name}: {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
        rounds.append(outcomes)
    everything = [outcome for outcomes in rounds for outcome in outcomes]
    print(f"Seed:width {', '.join(chosen)}; tuned on {', '.join(TUNED)}.\n")
    print(*report(everything), "", *exceptions(everything), sep="\n")
    wrong = [*shortcomings(everything), *(line for outcomes in rounds for line in _accused(outcomes))]
    sys.exit("\n".join(["", *wrong]) if wrong else 0)


def _parsed(argument: str) -> tuple[int, float]:
    seed, width = argument.split(":")
    return int(seed), float(width)


def shortcomings(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """The targets that are missed."""
    for name, one, least in [("all", total(outcomes), OVERALL), *((r, score(outcomes, r), EACH) for r in RULES)]:
        if not min(one.precision, one.recall) >= least:
            yield f"{name}: precision {one.precision:.2f}, recall {one.recall:.2f}, wanted {least}"
    share = share_of(cured(outcome) for outcome in outcomes if outcome.faults)
    if not share >= CURED:
        yield f"cured {share:.0%}, wanted {CURED:.0%}"


def _accused(outcomes: Sequence[Outcome]) -> Iterator[str]:
    accused = [outcome for outcome in outcomes if not outcome.faults and false_alarms(outcome)]
    if len(accused) > FALSE_ALARMS:
        yield f"{len(accused)} false alarms in the healthy set, at most {FALSE_ALARMS}"


if __name__ == "__main__":
    main(sys.argv[1:])
