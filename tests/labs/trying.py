"""Trains the runs of a lab; in a module of its own, so that other processes can be asked for it."""

import time
from typing import NamedTuple

from sqlmodel import Session

from app import store
from app.training import warm_up
from ml.labs import LABS, Runs, measured
from tests.training import temporary_database, trained


class Tried(NamedTuple):
    """One seed of one lab: its measures, and what it took on one core, in seconds."""

    numbers: tuple[float, ...]
    seconds: float


def try_out(name: str, seed: int) -> Tried:
    """Train one seed of a lab."""
    warm_up()
    began = time.process_time()
    numbers = measured(LABS[name], runs_of(name, seed))
    return Tried(numbers, time.process_time() - began)


def runs_of(name: str, seed: int) -> Runs:
    """By arm, each trained after the one whose layers it starts with."""
    with temporary_database() as engine:
        with Session(engine) as session:
            _experiment, runs = store.create_lab(session, name, LABS[name].title, LABS[name].arms, [seed])
        return {str(run.arm): trained(engine, run.id) for run in runs}
