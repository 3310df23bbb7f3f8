"""Trains patients and healthy runs, two side by side, and treats what the rules find in them."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from ml.patients import Patient
from ml.records import RunRecord, StepRecord
from ml.repairs import fixes
from ml.rules import Finding, diagnose, diagnose_spec
from ml.spec import RunSpec
from ml.verdict import judge
from tests.clinic.counting import Outcome, Treatment

PROCESSES = 2


def at(spec: RunSpec, seed: int, width: float) -> RunSpec:
    """The same run from another seed, with this many times the units in each hidden layer."""
    hidden = tuple(max(2, round(width * units)) for units in spec.hidden)
    return RunSpec.model_validate(spec.model_dump() | {"seed": seed, "hidden": hidden})


def trials(patients: Sequence[Patient | RunSpec], rounds: Sequence[tuple[int, float]]) -> Iterator[tuple[Outcome, ...]]:
    """The outcomes of each round, a seed and a width, in the order of the patients. A spec by itself is healthy."""
    with ProcessPoolExecutor(PROCESSES, get_context("spawn")) as pool:
        waiting = [[pool.submit(trial, patient, *one) for patient in patients] for one in rounds]
        for futures in waiting:
            yield tuple(future.result() for future in futures)


def trial(patient: Patient | RunSpec, seed: int, width: float) -> Outcome:
    faults = (patient.fault, *patient.also) if isinstance(patient, Patient) else ()
    spec = at(patient.spec if isinstance(patient, Patient) else patient, seed, width)
    run = trained(spec)
    found = findings(run)
    mine = next((finding for finding in found if finding.rule.name in faults[:1]), None)
    treatment = treated(run, mine) if mine else None
    return Outcome(describe(spec), faults, tuple(finding.rule.name for finding in found), treatment)


def trained(spec: RunSpec) -> RunRecord:
    import torch  # here, so that who only counts need not wait for it

    from ml.trainer import train

    torch.set_num_threads(1)
    records = tuple(record for record in train(spec, jacobians=False) if isinstance(record, StepRecord))
    return RunRecord("", spec, status="finished", snapshots=records)


def findings(run: RunRecord) -> list[Finding]:
    """What is wrong with the run, then what was with its settings: the form has told that before."""
    found = diagnose(run)
    told = {finding.rule for finding in found}
    return found + [finding for finding in diagnose_spec(run.spec) if finding.rule not in told]


def treated(run: RunRecord, finding: Finding) -> Treatment | None:
    """With the first repair that is proposed; None where none is."""
    proposed = fixes(run.spec, finding)
    if not proposed:
        return None
    after = trained(proposed[0].spec)
    gone = finding.rule not in [later.rule for later in findings(after)]
    return Treatment(proposed[0].cure.name, gone, judge(run, after, finding.rule.name).word)


def describe(spec: RunSpec) -> str:
    """The settings that are not the defaults, without those of the trial."""
    chosen = spec.model_dump(exclude_defaults=True, exclude={"seed", "epochs", "steps_per_epoch"})
    return ", ".join(f"{name} {value}" for name, value in chosen.items())
