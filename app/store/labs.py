"""Labs: the experiment with a lab's runs, what students predict of it, and the classes that it is given to."""

import secrets
from collections.abc import Mapping, Sequence

from sqlalchemy import delete, func, update
from sqlmodel import Session, col, select

from app import rows
from app.links import derived_token, new_token, token_hash
from app.models import Experiment, LabClass, Prediction, Run
from app.store.changes import one_row
from app.store.experiments import ExperimentRecord, experiment_record
from app.store.ownership import show_what_is_made
from app.store.runs import COLOURS, new_id, new_run, next_colour
from ml.labs import Arm
from ml.records import RunRecord


def create_lab(
    session: Session, lab: str, name: str, arms: Mapping[str, Arm], seeds: Sequence[int]
) -> tuple[ExperimentRecord, list[RunRecord]]:
    """The experiment with a queued run for each seed of each arm, seed by seed: all of them, or nothing. An arm that
    comes after another one starts with the layers of that one's run of the same seed. An arm's runs share a colour.
    Everybody may look at them."""
    base = next(iter(arms.values())).spec
    experiment = Experiment(
        id=new_id(), name=name, base=base.model_dump_json(exclude_none=True), vary="{}", seeds=len(seeds), lab=lab
    )
    colour = next_colour(session)
    show_what_is_made(session)
    runs = [run for seed in seeds for run in _runs(experiment, arms, seed, colour)]
    session.add(experiment)
    session.flush()
    session.add_all(runs)
    session.commit()
    return experiment_record(experiment), [rows.run_record(run) for run in runs]


def _runs(experiment: Experiment, arms: Mapping[str, Arm], seed: int, colour: int) -> list[Run]:
    made: dict[str, Run] = {}
    for place, (name, arm) in enumerate(arms.items()):
        source = {"transfer_from": made[arm.after].id} if arm.after else {}
        spec = arm.spec.model_copy(update={"seed": seed, "name": f"{experiment.name}: {arm.label}"[:120], **source})
        made[name] = new_run(spec, (colour + place) % COLOURS, experiment.id, name)
    return list(made.values())


def lab_experiments(session: Session, lab: str, limit: int = 20) -> list[ExperimentRecord]:
    """Those of this lab, newest first."""
    query = select(Experiment).where(Experiment.lab == lab).order_by(col(Experiment.id).desc()).limit(limit)
    return [experiment_record(found) for found in session.exec(query)]


def newest_labs(session: Session) -> dict[str, ExperimentRecord]:
    """The newest experiment of each lab that was ever run, by the lab, the newest first."""
    newest = select(func.max(Experiment.id)).where(col(Experiment.lab).is_not(None)).group_by(col(Experiment.lab))
    found = session.exec(select(Experiment).where(col(Experiment.id).in_(newest)).order_by(col(Experiment.id).desc()))
    return {str(one.lab): experiment_record(one) for one in found}


def first_runs(session: Session, experiment_ids: Sequence[str]) -> dict[str, str]:
    """Id of the oldest run of each of these experiments that has any."""
    query = select(Run.experiment_id, func.min(Run.id)).where(col(Run.experiment_id).in_(experiment_ids))
    return {str(one): run_id for one, run_id in session.exec(query.group_by(col(Run.experiment_id)))}


# --- predictions ---


def add_prediction(
    session: Session, experiment_id: str, name: str, choice: int, class_id: str | None = None
) -> Prediction:
    prediction = Prediction(
        id=secrets.token_hex(6), experiment_id=experiment_id, class_id=class_id, name=name, choice=choice
    )
    session.add(prediction)
    session.commit()
    session.refresh(prediction)
    return prediction


def find_prediction(session: Session, prediction_id: str) -> Prediction | None:
    """None if there is no such prediction."""
    return session.get(Prediction, prediction_id)


def experiment_predictions(session: Session, experiment_id: str) -> list[Prediction]:
    """Of everybody, oldest first."""
    query = select(Prediction).where(Prediction.experiment_id == experiment_id)
    return list(session.exec(query.order_by(col(Prediction.created))))


def class_predictions(session: Session, class_id: str) -> list[Prediction]:
    """Those that came through a class's link, oldest first."""
    query = select(Prediction).where(Prediction.class_id == class_id)
    return list(session.exec(query.order_by(col(Prediction.created))))


# --- classes ---


def create_lab_class(session: Session, experiment_id: str, hidden: str) -> str:
    """The teacher's token, which is not kept."""
    token = new_token()
    made = LabClass(
        id=secrets.token_hex(6), experiment_id=experiment_id, teacher_hash=token_hash(token),
        class_hash=token_hash(lab_class_token(token)), hidden=hidden,
    )  # fmt: skip
    session.add(made)
    session.commit()
    return token


def lab_class_token(token: str) -> str:
    """The class's, by the teacher's, so that whoever has that can show it although it is not kept."""
    return derived_token(token, "class")


def open_lab_as_teacher(session: Session, token: str) -> LabClass | None:
    """None for a token that is unknown or malformed."""
    return session.exec(select(LabClass).where(LabClass.teacher_hash == token_hash(token))).first()


def open_lab_as_class(session: Session, token: str) -> LabClass | None:
    """None for a token that is unknown or malformed."""
    return session.exec(select(LabClass).where(LabClass.class_hash == token_hash(token))).first()


def hide_from_class(session: Session, class_id: str, hidden: str) -> None:
    """What the class's page leaves out from now on, as words with commas."""
    one_row(session, update(LabClass).where(col(LabClass.id) == class_id).values(hidden=hidden))


def delete_lab_class(session: Session, class_id: str) -> None:
    """Its predictions go with it, the runs stay."""
    one_row(session, delete(LabClass).where(col(LabClass.id) == class_id))
