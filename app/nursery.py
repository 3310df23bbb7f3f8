"""The worker's training children: forked from a server that has torch imported, one of them always waiting."""

import multiprocessing
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from app.settings import Settings

# Imported once, by the fork server. torch.optim imports torch._dynamo at its first use, which takes a second.
PRELOADED = ["app.fork_server", "torch", "torch._dynamo", "sklearn.datasets", "app.training"]


@dataclass(frozen=True)
class Child:
    """A training process, and the pipe that tells it what to train."""

    process: ForkServerProcess
    pipe: Connection

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


@dataclass(frozen=True)
class Terms:
    """What a child needs to know before it is told its run. `memory` is in bytes, beyond what it has when it begins."""

    database_url: str
    datasets_dir: Path
    memory: int
    threads: int
    log_format: str

    @classmethod
    def of(cls, settings: Settings) -> "Terms":
        limits = settings.run_memory, settings.run_threads
        return cls(settings.runs_url, settings.datasets_dir, *limits, settings.log_format)


class Nursery:
    """Starts children; `spare` is forked, imported and warm, so that a run begins in milliseconds."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(PRELOADED)
        self.spare = self._new()

    def take(self) -> Child:
        """The spare child, and a new spare in its place."""
        self.mend()
        child, self.spare = self.spare, self._new()
        return child

    def mend(self) -> None:
        """Replace a spare that was killed."""
        if not self.spare.process.is_alive():
            self.spare = self._new()

    def _new(self) -> Child:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_wait_for_run, args=(theirs, self._terms))
        process.start()
        theirs.close()
        return Child(process, ours)


def _wait_for_run(pipe: Connection, terms: Terms) -> None:
    # Imported here because the worker, which names this function, must not import torch.
    from app.training import wait_for_run

    wait_for_run(pipe, terms)
