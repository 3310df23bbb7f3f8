"""No process outlives the one that looks after it, however that one ended.

Signals can't promise that (nobody is told of a kill -9), so each process waits in a thread for something that the
kernel closes when the other side is gone. It then exits at once: a port that is still held, or a run that is still
trained, would be in the way of the next start.
"""

import multiprocessing
import os
import sys
import threading
from collections.abc import Callable


def end_with_supervisor() -> None:
    """Exit when the supervisor is gone: its end of our standard input closes. Does nothing without a supervisor."""
    if os.environ.get("LAYERSCOPE_SUPERVISED"):
        _exit_after(_end_of_input)


def end_with_parent() -> None:
    """For a child of multiprocessing: exit when the process that started it is gone.

    PR_SET_PDEATHSIG would watch the fork server, which is the child's parent and lives on.
    """
    parent = multiprocessing.parent_process()
    assert parent is not None
    _exit_after(parent.join)


def _exit_after(wait: Callable[[], object]) -> None:
    def wait_and_exit() -> None:
        wait()
        os._exit(1)

    threading.Thread(target=wait_and_exit, daemon=True).start()


def _end_of_input() -> None:
    while sys.stdin.buffer.read(1):
        pass
