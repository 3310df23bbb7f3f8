"""Whoever ends a run or the product in the middle of a run: nothing goes on behind their back, and nothing is lost."""

import pytest

from tests.server import Server, left_of, wait_for

STEPS, EVERY = 3000, 200
LONG = {
    "dataset": "shapeset", "hidden": [100] * 5, "activation": "tanh", "init": "xavier_uniform", "optimizer": "sgd",
    "lr": 0.05, "batch_size": 10, "epochs": STEPS // EVERY, "steps_per_epoch": EVERY,
}  # fmt: skip


@pytest.fixture(scope="module")
def server(own_server: Server) -> Server:
    """Whose processes end."""
    return own_server


def launch_to_the_middle(server: Server) -> str:
    run_id = server.launch(**LONG)
    server.wait_for_step(run_id, STEPS // 4)
    return run_id


def test_a_cancelled_run_stops_and_keeps_what_it_measured(server: Server) -> None:
    run_id = launch_to_the_middle(server)
    assert server.client.post(f"/api/runs/{run_id}/cancel").json()["status"] == "cancelled"
    wait_for(lambda: server.pid("trainer", run_id) is None, "its trainer to end")
    steps = server.client.get(f"/api/runs/{run_id}/metrics").json()["step"]
    assert steps[0] == 0
    assert len(steps) == len(set(steps)) < STEPS // EVERY


def test_ctrl_c_leaves_no_process_and_gives_the_run_back(server: Server) -> None:
    run_id = launch_to_the_middle(server)
    family = server.family()
    assert server.stop() == 0
    assert left_of(family) == []
    server.start()
    run = server.wait_until_ended(run_id)
    assert (run["status"], run["error"]) == ("finished", None)
    for path in ("metrics", "layers/activation", "histograms/weight"):
        found = server.client.get(f"/api/runs/{run_id}/{path}").json()
        assert found.get("step", found.get("steps")) == list(range(0, STEPS + 1, EVERY))
