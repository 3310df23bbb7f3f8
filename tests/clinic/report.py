"""What the clinic prints: Markdown, so that it can stand in the README."""

from collections.abc import Iterator, Sequence

from ml.rules import RULES
from tests.clinic.counting import (
    Outcome,
    Score,
    cured,
    false_alarms,
    fixed,
    named_first,
    score,
    share_of,
)


def report(outcomes: Sequence[Outcome]) -> Iterator[str]:
    patients = [outcome for outcome in outcomes if outcome.faults]
    yield from matrix(outcomes)
    yield ""
    yield from scores(outcomes)
    yield ""
    yield f"First finding is the fault put in: {share_of(map(named_first, patients)):.1%} of {len(patients)} patients."
    yield (
        f"First repair: the fault is gone in {share_of(map(cured, patients)):.1%}, "
        f'the verdict is "fixed" in {share_of(map(fixed, patients)):.1%}.'
    )


def matrix(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """A row for each fault put in, a column for each rule, in the same order: in how many runs it fired."""
    numbers = {rule: number for number, rule in enumerate(RULES, 1)}
    yield _row("Put in (runs) \\ fired", *numbers.values())
    yield _row("-" * 28, *(["--:"] * len(RULES)))
    for name in (*RULES, ""):
        runs = [outcome for outcome in outcomes if (outcome.faults or ("",))[0] == name]
        title = f"{numbers[name]} {name} ({len(runs)})" if name else f"healthy ({len(runs)})"
        yield _row(title, *(sum(rule in run.fired for run in runs) or "" for rule in RULES))


def scores(outcomes: Sequence[Outcome]) -> Iterator[str]:
    yield _row("Rule", "precision", "recall", "strict precision")
    yield _row("-" * 28, "--:", "--:", "--:")
    for rule in RULES:
        yield _scores(rule, score(outcomes, rule), score(outcomes, rule, strict=True))
    yield _scores("**all**", total(outcomes), total(outcomes, strict=True))


def total(outcomes: Sequence[Outcome], *, strict: bool = False) -> Score:
    return sum((score(outcomes, rule, strict=strict) for rule in RULES), Score())


def exceptions(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Run by run: what was missed, what fired without a reason, whom the first repair did not cure."""
    for outcome in outcomes:
        missed = [rule for rule in outcome.faults if rule not in outcome.fired]
        notes = [f"missed {' '.join(missed)}"] * bool(missed)
        notes += [f"false {' '.join(false_alarms(outcome))}"] * bool(false_alarms(outcome))
        if outcome.treatment and outcome.treatment.verdict != "fixed":
            gone = "gone" if outcome.treatment.gone else "still there"
            notes.append(f"{outcome.treatment.cure}: {gone}, {outcome.treatment.verdict}")
        if notes:
            yield f"{(outcome.faults or ('healthy',))[0]}: {'; '.join(notes)} ({outcome.label})"


def _scores(title: str, fair: Score, strict: Score) -> str:
    return _row(title, f"{fair.precision:.2f}", f"{fair.recall:.2f}", f"{strict.precision:.2f}")


def _row(title: str, *cells: object) -> str:
    return f"| {title:<28} |" + "".join(f" {cell!s:>3} |" for cell in cells)
