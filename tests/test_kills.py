"""Whoever ends a run, a worker or the product in the middle of a run: nothing goes on behind their back, and nothing is
lost."""

import psutil
import pytest

from tests.chaos.once import share_out
from tests.freezing import freeze, thaw
from tests.server import Server, left_of, wait_for

WORKERS = 2
STEPS, EVERY = 3000, 200
LONG = {
    "dataset": "shapeset", "hidden": [100] * 5, "activation": "tanh", "init": "xavier_uniform", "optimizer": "sgd",
    "lr": 0.05, "batch_size": 10, "epochs": STEPS // EVERY, "steps_per_epoch": EVERY,
}  # fmt: skip


@pytest.fixture(scope="module")
def server(own_server: Server) -> Server:
    """With other workers, to go on with what one leaves."""
    return own_server


def test_workers_that_share_many_runs_out_train_each_of_them_once(server: Server) -> None:
    shared, wrong = share_out(server.settings, runs=12, workers=WORKERS)
    assert wrong == []
    assert len(shared.by_worker) > 1


def launch_to_the_middle(server: Server) -> str:
    run_id = server.launch(**LONG)
    server.wait_for_step(run_id, STEPS // 4)
    return run_id


def worker_of(server: Server, run_id: str) -> psutil.Process:
    def ask() -> list[int]:
        found = server.client.get("/healthz").json()["processes"]
        return [process["pid"] for process in found if (process["role"], process["run"]) == ("worker", run_id)]

    return psutil.Process(wait_for(ask, f"a worker that has run {run_id}")[0])


def assert_whole(server: Server, run_id: str, attempt: int) -> None:
    run = server.wait_until_ended(run_id)
    assert (run["status"], run["error"], run["attempt"]) == ("finished", None, attempt)
    for path in ("metrics", "layers/activation", "histograms/weight"):
        found = server.client.get(f"/api/runs/{run_id}/{path}").json()
        assert found.get("step", found.get("steps")) == list(range(0, STEPS + 1, EVERY))


def test_a_cancelled_run_stops_and_keeps_what_it_measured(server: Server) -> None:
    run_id = launch_to_the_middle(server)
    trainer = psutil.Process(wait_for(lambda: server.pid("trainer", run_id), "its training process"))
    assert server.client.post(f"/api/runs/{run_id}/cancel").json()["status"] == "cancelled"
    assert left_of([trainer]) == []
    steps = server.client.get(f"/api/runs/{run_id}/metrics").json()["step"]
    assert steps[0] == 0
    assert len(steps) == len(set(steps)) < STEPS // EVERY


def test_a_worker_that_is_asked_to_end_is_gone_within_five_seconds_and_another_one_goes_on(server: Server) -> None:
    run_id = launch_to_the_middle(server)
    worker = worker_of(server, run_id)
    worker.terminate()
    worker.wait(5)
    assert_whole(server, run_id, attempt=2)


def test_a_worker_that_was_frozen_and_is_thawed_changes_nothing(server: Server) -> None:
    run_id = launch_to_the_middle(server)
    worker = worker_of(server, run_id)
    frozen = [worker, *worker.children(recursive=True)]
    freeze(frozen, server.folder)
    try:
        wait_for(lambda: server.run(run_id)["attempt"] == 2, "another worker to take the run over")
    finally:
        thaw(frozen)
    assert_whole(server, run_id, attempt=2)
    assert server.wait_until_ended(server.launch(hidden=[4], epochs=1))["status"] == "finished"


def test_ctrl_c_leaves_no_process_and_gives_the_run_back(server: Server) -> None:
    run_id = launch_to_the_middle(server)
    family = server.family()
    assert server.stop() == 0
    assert left_of(family) == []
    with Server(server.folder, DATABASE_URL=server.settings.database_url) as again:
        assert_whole(again, run_id, attempt=2)
