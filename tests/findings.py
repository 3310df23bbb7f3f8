"""What the tests of the rules ask: what a rule finds, what other tools say, and numbers on either side of a limit."""

from app.i18n import gettext, speaking
from ml.opinions import Opinion, opinions
from ml.records import RunRecord
from ml.rules import RULES, Evidence, Finding, Limit


def find(run: RunRecord, rule: str) -> Finding | None:
    return RULES[rule].find(Evidence(run))


def found(run: RunRecord, rule: str) -> Finding:
    """What the rule finds; it must."""
    finding = find(run, rule)
    assert finding is not None, f"{rule} finds nothing"
    return finding


def limit_of(rule: str) -> Limit:
    return RULES[rule].limit


def beyond(limit: Limit) -> float:
    """Just out of bounds."""
    return limit.threshold * (1.001 if limit.above else 0.999)


def within(limit: Limit) -> float:
    """Just not out of bounds."""
    return limit.threshold * (0.999 if limit.above else 1.001)


def spoken(finding: Finding) -> list[str]:
    """Its sentence in English and in Spanish."""
    sentences = []
    for language in ("en", "es"):
        with speaking(language):
            sentences.append(gettext(finding.reading.text))
    return sentences


def missing(sentence: str, *parts: str) -> list[str]:
    """Which of the parts the sentence does not hold."""
    return [part for part in parts if part not in sentence]


def said(run: RunRecord, rule: str, tool: str) -> Opinion:
    """What the tool says of the problem that the rule is about."""
    return next(opinion for opinion in opinions(Evidence(run), rule) if opinion.tool == tool)


def says(run: RunRecord, rule: str, tool: str) -> str:
    return said(run, rule, tool).says
