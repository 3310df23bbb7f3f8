"""No process outlives the one that looks after it, however that one ended.

Signals can't promise that (nobody is told of a kill -9), so each process waits in a thread for something that the
kernel closes when the other side is gone.
"""

import multiprocessing
import os
import signal
import sys
import threading


def end_with_supervisor() -> None:
    """Stop when the supervisor is gone: its end of our standard input closes. Does nothing without a supervisor."""
    if os.environ.get("LAYERSCOPE_SUPERVISED"):
        _in_thread(_stop_at_end_of_input)


def end_with_parent() -> None:
    """For a child of multiprocessing: exit at once when the process that started it is gone.

    PR_SET_PDEATHSIG would watch the fork server, which is the child's parent and lives on.
    """
    _in_thread(_exit_after_parent)


def _in_thread(target: object) -> None:
    threading.Thread(target=target, daemon=True).start()  # type: ignore[arg-type]


def _stop_at_end_of_input() -> None:
    while sys.stdin.buffer.read(1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _exit_after_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
