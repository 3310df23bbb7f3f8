"""The first thing that the fork server imports: it then ends with its worker, even while it imports the rest.

Without this a Ctrl-C in the first seconds would leave it behind until torch is imported. It is single-threaded, as a
process that forks should be, so the kernel has to do it; where it can't, the fork server sees the end of its pipe.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1

if sys.platform == "linux":
    worker = os.getppid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != worker:  # it died just before
        os._exit(1)
