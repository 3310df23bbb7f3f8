import os
import subprocess

from app.place import HERE, is_gone, process_name


def test_a_process_that_has_ended_is_gone_and_only_here_can_that_be_seen() -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    assert is_gone(HERE, ended.pid)
    assert not is_gone("elsewhere", ended.pid)
    assert not is_gone(HERE, os.getpid())


def test_no_two_processes_have_the_same_name() -> None:
    assert process_name("worker-1") != process_name("worker-1")
    assert process_name("worker-1").startswith("worker-1@")
