"""Which system numbers the processes here: two processes of one place can tell whether the other one still runs.

The name of a machine won't do: two laptops may be called `ubuntu`, and each container numbers its own processes.
"""

import os
import platform
import secrets
import uuid
from pathlib import Path


def _here() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{Path('/proc/self/ns/pid').readlink()}"
    except OSError:  # not Linux
        return f"{HOST}/{uuid.getnode():x}"


HOST = platform.node()
HERE = _here()


def is_gone(place: str, pid: int) -> bool:
    """Whether this process has certainly ended. False for one of another place: that can't be seen from here."""
    if place != HERE:
        return False
    try:
        os.kill(pid, 0)
    except OSError as error:  # that it is somebody else's is one too
        return isinstance(error, ProcessLookupError)
    return False


def process_name(label: str) -> str:
    """A name that no other process has or will have: what one of this name held, the next one does not hold."""
    return f"{label}@{HOST}-{secrets.token_hex(3)}"
