"""Whatever is killed in the middle of a run: with nobody's help the run goes on and every snapshot is there once."""

import os
import signal

import pytest

from tests.server import Server, left_of, wait_for

STEPS, EVERY = 6000, 500
LONG = {
    "dataset": "shapeset", "hidden": [100] * 5, "activation": "tanh", "init": "xavier_uniform", "optimizer": "sgd",
    "lr": 0.05, "batch_size": 10, "epochs": STEPS // EVERY, "steps_per_epoch": EVERY,
}  # fmt: skip


def launch_to_the_middle(server: Server) -> str:
    run_id = server.launch(**LONG)
    server.wait_for_step(run_id, STEPS // 4)
    return run_id


def assert_whole(server: Server, run_id: str) -> None:
    run = server.wait_until_ended(run_id)
    assert (run["status"], run["error"]) == ("finished", None)
    for path in ("metrics", "layers/activation", "histograms/weight"):
        found = server.client.get(f"/api/runs/{run_id}/{path}").json()
        assert found.get("step", found.get("steps")) == list(range(0, STEPS + 1, EVERY))


@pytest.mark.parametrize("role", ["trainer", "worker", "web"])
def test_a_killed_process_comes_back_and_the_run_finishes(server: Server, role: str) -> None:
    run_id = launch_to_the_middle(server)
    victim = server.pid(role, run_id)
    assert victim is not None
    os.kill(victim, signal.SIGKILL)
    wait_for(lambda: server.pid(role, run_id) not in (None, victim), f"another {role}")
    assert_whole(server, run_id)
    assert server.run(run_id)["attempt"] == (1 if role == "web" else 2)


def test_after_the_whole_product_was_killed_a_new_start_takes_the_run_up(server: Server) -> None:
    run_id = launch_to_the_middle(server)
    family = server.family()
    server.kill()
    assert left_of(family) == [], "a process was left behind"
    server.start()
    assert_whole(server, run_id)


def test_ctrl_c_leaves_no_process_and_gives_the_run_back(server: Server) -> None:
    run_id = launch_to_the_middle(server)
    family = server.family()
    assert server.stop() == 0
    assert left_of(family) == []
    server.start()
    assert_whole(server, run_id)


def test_a_cancelled_run_stops_and_keeps_what_it_measured(server: Server) -> None:
    run_id = launch_to_the_middle(server)
    assert server.client.post(f"/api/runs/{run_id}/cancel").json()["status"] == "cancelled"
    wait_for(lambda: server.pid("trainer", run_id) is None, "its trainer to end")
    steps = server.client.get(f"/api/runs/{run_id}/metrics").json()["step"]
    assert steps[0] == 0
    assert len(steps) == len(set(steps)) < STEPS // EVERY
