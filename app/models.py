"""The tables. Queries are in store.py."""

import time

from sqlalchemy import Column, ForeignKeyConstraint, LargeBinary, MetaData, false
from sqlmodel import Field, Relationship, SQLModel

# Named constraints keep Alembic's comparison clean on every database.
SQLModel.metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ACTIVE = ("queued", "running")


class Member(SQLModel, table=True):
    """Somebody who has signed in where others can reach the server: a student, or a teacher. `key` is the name as two
    names are compared. `password_hash` is of the password that a student has chosen, NULL where the next one who signs
    in by this name may choose it; a teacher has none. `seen` is when the last sign-in was."""

    id: str = Field(primary_key=True)
    name: str
    key: str = Field(unique=True)
    role: str = "student"
    password_hash: str | None = None
    created: float = Field(default_factory=time.time)
    seen: float = Field(default_factory=time.time)


class SignIn(SQLModel, table=True):
    """A browser in which a member is signed in. It holds a token, of which only the hash is kept here; without this row
    the token opens nothing."""

    token_hash: str = Field(primary_key=True)
    member_id: str = Field(foreign_key="member.id", ondelete="CASCADE", index=True)
    created: float = Field(default_factory=time.time)


class ClassPassword(SQLModel, table=True):
    """One row, as argon2 hashes: the password that is asked for, and the setting CLASS_PASSWORD in whose place it is.
    Another setting is the newer word."""

    id: int = Field(default=1, primary_key=True)
    password_hash: str
    setting_hash: str


class Experiment(SQLModel, table=True):
    """A named group of runs: `base` with every combination of the values in `vary`, each from `seeds` seeds. `base` and
    `vary` are JSON. The runs of a `lab` (a name of ml.labs.LABS) are no grid: each belongs to one of its arms.
    `owner_id` and `shown` as of a run."""

    id: str = Field(primary_key=True)
    name: str = Field(index=True)
    base: str
    vary: str
    seeds: int
    created: float = Field(default_factory=time.time)
    lab: str | None = Field(default=None, index=True)
    owner_id: str | None = Field(default=None, foreign_key="member.id", ondelete="SET NULL", index=True)
    shown: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    owner: Member | None = Relationship()


class Run(SQLModel, table=True):
    """One training of one RunSpec. Times are seconds since 1970 (UTC).

    `id` grows with time. `attempt` counts how often a worker has begun the run; whoever writes names its attempt, and
    a write of an older attempt changes nothing. The attempt is `worker`'s; it began at the time `resumed`, at step
    `resumed_step`. `crashes` counts the training processes that died of the run, `stalls` its attempts since it came
    further last. `colour` is which of the pages' colours the run has on all of them.
    A repair of `repair_of` is to cure what the rule `repair_rule` found there. A run with a `mystery_id` is the patient
    of a mystery or a cure that was tried on it, and nothing but its mystery's own pages may show it. A run of a lab is
    one seed of its `arm`. Who launched it is `owner_id`, NULL where nobody signs in and for whoever was removed; other
    students may look at it where it is `shown`. Of the runs that wait the lowest `turn` comes next; `work` is what it
    costs (app.limits).
    """

    id: str = Field(primary_key=True)
    name: str = Field(index=True)
    spec: str
    status: str = Field(default="queued", index=True)
    attempt: int = 0
    step: int = 0
    created: float = Field(default_factory=time.time)
    started: float | None = None
    finished: float | None = None
    error: str | None = None
    experiment_id: str | None = Field(default=None, foreign_key="experiment.id", ondelete="CASCADE", index=True)
    colour: int | None = None
    repair_of: str | None = Field(default=None, foreign_key="run.id", ondelete="SET NULL", index=True)
    repair_rule: str | None = None
    mystery_id: str | None = Field(default=None, foreign_key="mystery.id", ondelete="CASCADE", index=True)
    arm: str | None = None
    worker: str | None = None
    resumed: float | None = None
    resumed_step: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    crashes: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    stalls: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    owner_id: str | None = Field(default=None, foreign_key="member.id", ondelete="SET NULL", index=True)
    shown: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    owner: Member | None = Relationship()
    turn: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    work: float = Field(default=0.0, sa_column_kwargs={"server_default": "0"})


class Snapshot(SQLModel, table=True):
    """The metrics of a run after `step` updates. SQLite keeps NaN as NULL. What was clipped since the last snapshot is
    NULL where nothing is; `pulses` (packed) where there were none."""

    run_id: str = Field(primary_key=True, foreign_key="run.id", ondelete="CASCADE")
    step: int = Field(primary_key=True)
    epoch: float
    train_loss: float | None
    train_error: float | None
    val_loss: float | None
    val_error: float | None
    norm_before: float | None = None
    norm_after: float | None = None
    clipped: float | None = None
    pulses: bytes | None = Field(default=None, sa_column=Column(LargeBinary))


class Layer(SQLModel, table=True):
    """One layer of a snapshot; `position` counts from the input side. `data` is packed (packing.py), and so are
    `extras`, NULL where there are none."""

    __table_args__ = (
        ForeignKeyConstraint(["run_id", "step"], ["snapshot.run_id", "snapshot.step"], ondelete="CASCADE"),
    )

    run_id: str = Field(primary_key=True)
    step: int = Field(primary_key=True)
    position: int = Field(primary_key=True)
    saturated: float | None
    dead: float | None
    update_ratio: float | None
    jacobian: float | None
    jacobian_se: float | None
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    extras: bytes | None = Field(default=None, sa_column=Column(LargeBinary))


class Checkpoint(SQLModel, table=True):
    """What the next attempt of a run needs to go on after `step`: the newest one alone, none once it has ended.

    In the database and not in a file: it is written in one transaction with the attempt's fence, so that it is never
    half there and never of an attempt that is over; a worker on any machine finds it; a backup holds it. `seconds` is
    how long the run had been trained until then, `data` safetensors (ml.checkpoint)."""

    run_id: str = Field(primary_key=True, foreign_key="run.id", ondelete="CASCADE")
    step: int
    seconds: float
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class Artifact(SQLModel, table=True):
    """A file a finished run leaves behind. In the database, so that a run is one thing wherever its worker was."""

    run_id: str = Field(primary_key=True, foreign_key="run.id", ondelete="CASCADE")
    name: str = Field(primary_key=True)
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class Share(SQLModel, table=True):
    """A link to one run, or to the report on one prediction. Only the hash of its token is kept: a copy of the database
    opens nothing."""

    id: str = Field(primary_key=True)
    run_id: str | None = Field(default=None, foreign_key="run.id", ondelete="CASCADE", index=True)
    prediction_id: str | None = Field(default=None, foreign_key="prediction.id", ondelete="CASCADE", index=True)
    token_hash: str = Field(unique=True)
    created: float = Field(default_factory=time.time)
    expires: float | None = None


class Mystery(SQLModel, table=True):
    """A run whose spec is hidden, for a class to say what is wrong with it. Only hashes of the two tokens are kept: the
    teacher's, which shows all, and the class's, which shows the charts and takes answers. `fault` is the rule that
    names what was put in, NULL where the teacher's own spec is to be diagnosed; after `revealed` (seconds since 1970)
    the class sees the spec."""

    id: str = Field(primary_key=True)
    teacher_hash: str = Field(unique=True)
    class_hash: str = Field(unique=True)
    title: str
    fault: str | None = None
    created: float = Field(default_factory=time.time)
    revealed: float | None = None


class Answer(SQLModel, table=True):
    """What a classmate says is wrong, and the cure (a name of ml.repairs.CURES) that was tried in run `run_id`: NULL
    where the cure changes nothing about the patient. `owner_id` where the classmate was signed in."""

    id: str = Field(primary_key=True)
    mystery_id: str = Field(foreign_key="mystery.id", ondelete="CASCADE", index=True)
    name: str
    rule: str
    cure: str
    run_id: str | None = Field(default=None, foreign_key="run.id", ondelete="SET NULL", index=True)
    created: float = Field(default_factory=time.time)
    owner_id: str | None = Field(default=None, foreign_key="member.id", ondelete="SET NULL", index=True)


class LabClass(SQLModel, table=True):
    """A lab that a teacher gives to a class, on the runs of an experiment. Only hashes of the two tokens are kept: the
    teacher's, which shows every prediction, and the class's, which asks for one before it shows the charts. `hidden`
    (words with commas) is what the teacher wants left out on the class's page."""

    id: str = Field(primary_key=True)
    experiment_id: str = Field(foreign_key="experiment.id", ondelete="CASCADE", index=True)
    teacher_hash: str = Field(unique=True)
    class_hash: str = Field(unique=True)
    hidden: str = ""
    created: float = Field(default_factory=time.time)


class Prediction(SQLModel, table=True):
    """What a student expects of a lab before seeing its charts: the place of one of its choices. `class_id` where it
    was given through a class's link, `owner_id` where the student was signed in."""

    id: str = Field(primary_key=True)
    experiment_id: str = Field(foreign_key="experiment.id", ondelete="CASCADE", index=True)
    class_id: str | None = Field(default=None, foreign_key="labclass.id", ondelete="CASCADE", index=True)
    name: str
    choice: int
    created: float = Field(default_factory=time.time)
    owner_id: str | None = Field(default=None, foreign_key="member.id", ondelete="SET NULL", index=True)


class Worker(SQLModel, table=True):
    """A worker process and its training children, as last seen. `name` is that of the process: the one that follows it
    has another. `host` is for people; `place` is the system that gave the `pid`s (place.py)."""

    name: str = Field(primary_key=True)
    pid: int
    host: str = Field(default="", sa_column_kwargs={"server_default": ""})
    place: str = Field(default="", sa_column_kwargs={"server_default": ""})
    run_id: str | None = None
    trainer_pid: int | None = None
    spare_pid: int | None = None
    seen: float = Field(default_factory=time.time)
