"""Settings: read from the environment or a `.env` file, each with a default that works."""

import ipaddress
import re
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import ByteSize, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT = Path(__file__).resolve().parent.parent
SHORTEST_PASSWORD = 8  # characters of one that a person chooses, but for the class's
LONGEST_PASSWORD = 200  # characters of any: what is longer takes Unicode's normal form minutes
SMALLEST_CAP = 10_000_000  # bytes; an empty database takes a tenth of it
SMALLEST_WORK = 1e6  # a layer of one unit, for an epoch


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class Settings(BaseSettings):
    """What an operator may set; README.md lists them."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    host: str = Field("127.0.0.1", description="Address to listen on")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one")
    data_dir: Path = Field(Path("data"), description="Everything that is written lies below it")
    datasets_dir: Path = Field(
        default_factory=lambda fields: fields["data_dir"] / "datasets",
        description="Holds the files of MNIST and its like; what is missing is downloaded into it",
    )
    database_url: str = Field("", description="Where runs are kept; empty = SQLite below DATA_DIR")
    workers: int = Field(1, ge=1, le=64, description="Worker processes that train, one run each at a time")
    run_memory: ByteSize = Field(ByteSize(4_000_000_000), ge=0, description="What a run may take; 0 = no limit")
    run_hours: float = Field(24, gt=0, description="How long a run may train")
    run_threads: int = Field(1, ge=1, le=64, description="CPU cores for each run; other numbers, other last digits")
    run_work: float = Field(1e15, ge=SMALLEST_WORK, description="Parameters x batch x steps that a run may take")
    student_runs: int = Field(100, ge=1, description="Runs that a student may have waiting or training")
    student_work: float = Field(1e15, ge=SMALLEST_WORK, description="The work of these runs together")
    queue_length: int = Field(5000, ge=1, description="Runs that may wait")
    keep_days: float = Field(0, ge=0, description="How long ended runs are kept; 0 = for ever")
    disk_cap: ByteSize = Field(ByteSize(0), ge=0, description="What the database may use; 0 = no cap")
    public_url: str = Field("", description="The address classmates type; share links use it")
    log_format: Literal["text", "json"] = Field("text", description="Lines of the log: for people, or for programs")
    class_password: str = Field(
        "", max_length=LONGEST_PASSWORD, description="Asked for where HOST lets others in, on this machine too"
    )
    teacher_password: str = Field(
        "", max_length=LONGEST_PASSWORD, description="Makes a teacher; empty = one that is made at the first start"
    )

    @field_validator("data_dir", "datasets_dir")
    @classmethod
    def _absolute(cls, folder: Path) -> Path:
        return folder.expanduser().resolve()

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, url: str) -> str:
        url = re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url)
        if url and not url.startswith(("sqlite:///", "postgresql+psycopg://")):
            raise ValueError(
                "use postgresql+psycopg://user:password@host/database, sqlite:///path/to/file.db, or leave it empty"
            )
        return url

    @field_validator("disk_cap")
    @classmethod
    def _not_a_slip(cls, cap: ByteSize) -> ByteSize:
        if 0 < cap < SMALLEST_CAP:
            raise ValueError(f"{cap} bytes would leave no room for any run; give a unit, for example 20GB")
        return cap

    @field_validator("public_url")
    @classmethod
    def _whole_url(cls, url: str) -> str:
        if url and not url.startswith(("http://", "https://")):
            raise ValueError("must be a whole address, for example http://192.168.1.20:8000")
        return url.rstrip("/")

    @model_validator(mode="after")
    def _password_where_others_can_reach_it(self) -> "Settings":
        if self.class_mode and not self.class_password:
            raise ValueError(
                f"HOST={self.host} can be reached by others, so CLASS_PASSWORD must be set; "
                "or leave HOST out to serve this machine alone"
            )
        return self

    @model_validator(mode="after")
    def _teachers_password_keeps_students_out(self) -> "Settings":
        if self.teacher_password and len(self.teacher_password) < SHORTEST_PASSWORD:
            raise ValueError(f"TEACHER_PASSWORD must have at least {SHORTEST_PASSWORD} characters, or be left out")
        if self.teacher_password and self.teacher_password == self.class_password:
            raise ValueError("TEACHER_PASSWORD must be another one than CLASS_PASSWORD, which every student knows")
        return self

    @property
    def class_mode(self) -> bool:
        """Others can reach the server, so everything but share links asks for the class password."""
        return not is_loopback(self.host)

    @cached_property
    def runs_url(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir / 'layerscope.db'}"

    @cached_property
    def queue_url(self) -> str:
        """With the runs on PostgreSQL, in a schema of its own; beside them on SQLite, where one writer would hold up
        the other."""
        on_postgresql = self.runs_url.startswith("postgresql")
        return self.runs_url if on_postgresql else f"sqlite:///{self.data_dir / 'queue.db'}"


class BadSettings(Exception):
    """A setting can't be used; the message is one line that names it and the fix."""


def load_settings(**overrides: Any) -> Settings:
    """The settings in force.

    Raises BadSettings with one line for the operator.
    """
    try:
        return Settings(**overrides)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).upper() + ": " if first["loc"] else ""
        raise BadSettings(name + first["msg"].removeprefix("Value error, ")) from None
