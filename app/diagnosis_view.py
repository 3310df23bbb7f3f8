"""What the pages show of a diagnosis: each finding with its receipt and its repairs, or why there is none."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from app import quantities
from app.figures import FIGURES
from app.glance import glance
from app.i18n import gettext as _
from app.i18n import ngettext
from app.learn.topics import PAGES
from app.models import ACTIVE
from app.page_state import PageState
from app.wording import amount, changes, layers, sentence
from ml import rules
from ml.opinions import Opinion, opinions
from ml.records import RunRecord
from ml.repairs import Fix, fixes
from ml.rules import RULES, Finding, Reading, diagnose, diagnose_spec
from ml.spec import RunSpec
from ml.words import words

# From this snapshot on, counted from 0, every rule has what it takes.
ALL_KNOWN = max(rule.limit.patience for rule in RULES.values())

SAYS = {
    "alarm": words("complains"), "silent": words("sees nothing"), "untold": words("can't be told"),
    "untested": words("does not look"),
}  # fmt: skip


@dataclass(frozen=True)
class Proposal:
    """A repair: `changes` are (setting, old value, new value)."""

    cure: str
    label: str
    changes: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Evidence:
    """The figure that shows it: `address` is that of the page with it in sight, `anchor` where it stands there."""

    title: str
    address: str
    anchor: str


@dataclass(frozen=True)
class Judgement:
    """What another tool says of the same numbers: `says` is a key of SAYS, `word` the same to read."""

    tool: str
    formula: str
    value: str
    threshold: str
    says: str
    word: str
    why: str


@dataclass(frozen=True)
class Card:
    """A finding. `facts` say where and since when, `measured` is the number of the `quantity` that crossed the `limit`.
    `learn` names the Learn page on the `topic`. `silent` are the tools that test nothing of the kind."""

    rule: str
    severity: str
    title: str
    text: str
    topic: str
    learn: str
    about: tuple[str, ...]
    formula: str
    facts: tuple[str, ...]
    quantity: str
    measured: str
    limit: str
    evidence: Evidence | None
    proposals: tuple[Proposal, ...]
    judgements: tuple[Judgement, ...]
    silent: str


@dataclass(frozen=True)
class Diagnosis:
    """`mood` is the severity of the first finding; without any, good where nothing is wrong and waiting where little is
    known yet. `title` and `text` say it, `more` what is to be added."""

    mood: str
    title: str
    text: str
    cards: tuple[Card, ...] = ()
    more: str = ""


def diagnosis_view(run: RunRecord, state: PageState) -> Diagnosis | None:
    """Before the first snapshot of what the settings tell. None for a run that ended without having measured
    anything."""
    if not run.snapshots and run.status not in ACTIVE:
        return None
    findings = diagnose(run) if run.snapshots else diagnose_spec(run.spec)
    if not findings:
        return _nothing_found(run)
    cards = tuple(map(partial(_card, rules.Evidence(run), state), findings))
    return Diagnosis(cards[0].severity, cards[0].title, cards[0].text, cards, "" if run.snapshots else _first_verdict())


# --- nothing found ---


def _nothing_found(run: RunRecord) -> Diagnosis:
    active = run.status in ACTIVE
    if not run.snapshots:
        return Diagnosis("waiting", _("No verdict yet"), _first_verdict())
    if len(run.snapshots) > ALL_KNOWN or not run.spec.epochs:
        title = _("Nothing wrong so far") if active else _("Nothing wrong found")
        return Diagnosis("good", title, glance(run), more=_checked())
    title = _("Nothing wrong at the start") if active else _("Too few snapshots for a verdict")
    return Diagnosis("waiting", title, glance(run), more=_more_to_come(run) if active else _too_few(run))


def _checked() -> str:
    count = len(RULES)
    return ngettext("{count} rule has looked at it.", "{count} rules have looked at it.", count)


def _first_verdict() -> str:
    return _("The first verdict comes with the first snapshot, on the initial weights, before any of them is changed.")


def _more_to_come(run: RunRecord) -> str:
    step = min(run.spec.steps, ALL_KNOWN * run.spec.snapshot_interval)
    return _(
        "That is of the first {count} snapshots; the first verdict on the training comes after step {step:,}.",
        count=len(run.snapshots), step=step,
    )  # fmt: skip


def _too_few(run: RunRecord) -> str:
    return _(
        "Most rules look at {wanted} snapshots in a row, and the run has {count}: train it for longer, or take "
        "snapshots more often.",
        wanted=ALL_KNOWN, count=len(run.snapshots),
    )  # fmt: skip


# --- a finding ---


def _card(known: rules.Evidence, state: PageState, finding: Finding) -> Card:
    rule, run = finding.rule, known.run
    others = opinions(known, rule.name) if run.snapshots else []
    return Card(
        rule=rule.name,
        severity=rule.severity,
        title=_(rule.title),
        text=_(finding.reading.text),
        topic=_(rule.topic),
        learn=PAGES[rule.topic],
        about=tuple(map(_, rule.about)),
        formula=finding.formula,
        facts=tuple(_facts(run, finding.reading)),
        quantity=sentence(_(quantities.quantity(rule.name, finding.formula))),
        measured=quantities.written(finding.reading.value, rule.name, finding.formula),
        limit=_limit_text(finding),
        evidence=_evidence(run, state, finding),
        proposals=tuple(_proposals(run.spec, finding)),
        judgements=tuple(_judgement(one) for one in others if one.formula),
        silent=", ".join(one.name for one in others if not one.formula),
    )


def _facts(run: RunRecord, reading: Reading) -> Iterator[str]:
    if reading.layers:
        yield sentence(layers(reading.layers))
    if reading.step is not None:
        yield _since(run, reading.step)


def _limit_text(finding: Finding) -> str:
    """What counts as too much or too little, and for how long."""
    limit = finding.limit
    threshold = quantities.written(limit.threshold, finding.rule.name, finding.formula)
    told = _("above {threshold}", threshold=threshold) if limit.above else _("below {threshold}", threshold=threshold)
    return _("{limit} in {count} snapshots in a row", limit=told, count=limit.patience) if limit.patience > 1 else told


def _since(run: RunRecord, step: int) -> str:
    if not step:
        return _("Since step 0, before any training")
    return _("Since step {step:,}, epoch {epoch:.3g}", step=step, epoch=step / run.spec.steps_in_epoch)


def _evidence(run: RunRecord, state: PageState, finding: Finding) -> Evidence | None:
    figure = FIGURES.get(finding.rule.figure)
    if figure is None or not run.snapshots or not figure.suits(run.spec):
        return None
    anchor = f"#see-{figure.name}"
    return Evidence(_(figure.title), f"{state.showing(figure.name, finding.reading.step).address}{anchor}", anchor)


def _proposals(spec: RunSpec, finding: Finding) -> Iterator[Proposal]:
    """Two cures may come to the same settings: the first is told."""
    different: dict[RunSpec, Fix] = {}
    for fix in fixes(spec, finding):
        different.setdefault(fix.spec, fix)
    for fix in different.values():
        yield Proposal(fix.cure.name, sentence(_(fix.cure.label)), tuple(changes(spec, fix.spec)))


def _judgement(opinion: Opinion) -> Judgement:
    value = "" if opinion.value != opinion.value else amount(opinion.value)
    threshold = _NUMBER.sub(lambda found: amount(float(found[0])), opinion.threshold)
    word = _(SAYS[opinion.says])
    return Judgement(opinion.name, opinion.formula, value, threshold, opinion.says, word, _(opinion.why))


_NUMBER = re.compile(r"\d[\d.]*(?:e[+-]?\d+)?")
