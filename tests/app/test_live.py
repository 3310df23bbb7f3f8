import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

import pytest
from fastapi.concurrency import run_in_threadpool
from fastapi.sse import ServerSentEvent
from sqlalchemy import Engine
from sqlmodel import Session

from app import live, store
from app.live import Hub, Opened, Pace
from ml.records import Metrics, StepRecord
from tests.conftest import TINY
from tests.loops import run
from tests.statements import statements

Told = tuple[str, object]
T = TypeVar("T")


def save(session: Session, run_id: str, attempt: int, *steps: int) -> None:
    for step in steps:
        store.save_snapshot(session, run_id, attempt, StepRecord(step, step / 3, Metrics(1.0, 0.5, 1.0, 0.5)))


def begun(session: Session, *steps: int) -> str:
    run_id = store.create_run(session, TINY).id
    store.claim(session, run_id)
    save(session, run_id, 1, *steps)
    return run_id


def brief(told: ServerSentEvent) -> Told:
    return str(told.event), told.data["status"] if told.event == "status" else told.data["step"]


async def snapshots(stream: AsyncIterator[ServerSentEvent]) -> list[str | None]:
    """Ids of all there are until the stream ends."""
    return [told.id async for told in stream if told.event == "snapshot"]


async def until_status(stream: AsyncIterator[ServerSentEvent]) -> list[Told]:
    told: list[Told] = []
    async for found in stream:
        told.append(brief(found))
        if found.event == "status":
            break
    return told


def test_a_stream_tells_all_of_a_new_attempt(engine: Engine, session: Session) -> None:
    """Also when it looks in between, when the new attempt has begun but measured nothing yet."""
    run_id = begun(session, 0, 3)

    async def follow() -> list[list[Told]]:
        stream = Hub(engine).follow(Opened(run_id), "")
        first = await until_status(stream)
        store.claim(session, run_id)
        between = await until_status(stream)
        save(session, run_id, 2, 0, 3, 6)
        return [
            [told for told in part if told[0] == "snapshot"] for part in (first, between, await until_status(stream))
        ]

    assert run(follow()) == [
        [("snapshot", 0), ("snapshot", 3)],
        [],
        [("snapshot", 0), ("snapshot", 3), ("snapshot", 6)],
    ]


def test_whoever_comes_late_is_told_what_he_missed_without_a_query(engine: Engine, session: Session) -> None:
    run_id = begun(session, 0, 3, 6)

    async def come_late() -> tuple[list[Told], list[Told], list[str]]:
        hub = Hub(engine)
        await until_status(hub.follow(Opened(run_id), ""))
        first = hub.follow(Opened(run_id), "")
        await until_status(first)
        with statements(engine) as asked:
            whole = await until_status(hub.follow(Opened(run_id), ""))
            rest = await until_status(hub.follow(Opened(run_id), "1-3"))
        return whole, rest, asked

    whole, rest, asked = run(come_late())
    assert [told for told in whole if told[0] == "snapshot"] == [("snapshot", 0), ("snapshot", 3), ("snapshot", 6)]
    assert rest == [("snapshot", 6), ("metric", 6), ("status", "running")]
    assert asked == []


def test_fifty_streams_cost_two_queries_a_second_at_most(engine: Engine, session: Session) -> None:
    """While the run is written to all the time; and each is told of each snapshot once, in order."""
    run_id, seconds = begun(session), 5

    def train() -> None:
        until, step = time.monotonic() + seconds, 0
        with Session(engine) as own:
            while time.monotonic() < until:
                save(own, run_id, 1, step)
                step += 1
                time.sleep(0.02)

    async def watch() -> tuple[list[list[str | None]], int]:
        hub = Hub(engine)
        streams = [asyncio.create_task(snapshots(hub.follow(Opened(run_id), ""))) for _ in range(50)]
        with statements(engine) as asked:
            await run_in_threadpool(train)
        with Session(engine) as own:
            store.cancel_run(own, run_id)
        return await asyncio.gather(*streams), sum(statement.startswith("SELECT") for statement in asked)

    told, queries = run(watch())
    with Session(engine) as own:
        state = store.live_state(own, run_id)
    assert state is not None
    assert told == [[f"1-{step}" for step in range(state.snapshots)]] * 50
    assert 3 <= queries <= 2 * seconds


@pytest.mark.sqlite
def test_a_run_that_nothing_happens_to_costs_nothing(
    engine: Engine, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = begun(session, 0)
    glances, stop = iter(range(100)), asyncio.Event()

    def glance(engine: Engine, look: Callable[[Engine], object] = live._files) -> object:
        if next(glances) == 20:
            stop.set()
        return look(engine)

    async def watch() -> list[str]:
        stream = Hub(engine).follow(Opened(run_id), "")
        await until_status(stream)
        monkeypatch.setattr(live, "_files", glance)
        with statements(engine) as asked:
            waiting = asyncio.create_task(anext(stream))  # type: ignore[arg-type]
            await stop.wait()
            waiting.cancel()
        return asked

    assert run(watch()) == []


def test_a_reader_who_stands_still_does_not_hold_the_others_up(engine: Engine, session: Session) -> None:
    run_id = begun(session, 0, 3)

    async def watch() -> tuple[Told, list[str | None], list[str | None]]:
        hub = Hub(engine)
        slow = hub.follow(Opened(run_id), "")
        first = brief(await anext(slow))
        quick = asyncio.create_task(snapshots(hub.follow(Opened(run_id), "")))
        save(session, run_id, 1, 6)
        store.finish(session, run_id, 1, {})
        return first, await quick, await snapshots(slow)

    first, quick, slow = run(watch())
    assert first == ("snapshot", 0)
    assert quick == ["1-0", "1-3", "1-6"]
    assert slow == ["1-3", "1-6"]


def test_the_last_one_who_leaves_ends_the_looking(engine: Engine, session: Session) -> None:
    run_id = begun(session, 0)

    async def leave() -> tuple[int, bool]:
        hub = Hub(engine)
        stream = hub.follow(Opened(run_id), "")
        await until_status(stream)
        task = hub._watches[run_id].task
        await stream.aclose()  # type: ignore[attr-defined]
        await asyncio.wait([task])
        return len(hub._watches), task.cancelled()

    assert run(leave()) == (0, True)


def test_a_revoked_link_ends_its_own_streams_alone(engine: Engine, session: Session) -> None:
    run_id = begun(session, 0)
    share, token = store.create_share(session, run_id)
    other, _ = store.create_share(session, run_id)
    assert store.open_share(session, token) is not None

    async def revoke() -> list[list[Told]]:
        hub = Hub(engine)
        shared = hub.follow(Opened(run_id, share.token_hash), "")
        others = [hub.follow(Opened(run_id, other.token_hash), ""), hub.follow(Opened(run_id), "")]
        for stream in (shared, *others):
            await until_status(stream)
        store.revoke_share(session, share.id)
        assert [told async for told in shared] == []
        save(session, run_id, 1, 3)
        return [await until_status(stream) for stream in others]

    assert [told[0] for told in run(revoke())] == [("snapshot", 3), ("snapshot", 3)]


def test_a_link_made_after_the_last_look_opens_the_stream(engine: Engine, session: Session) -> None:
    run_id = begun(session, 0)

    async def follow() -> list[Told]:
        hub = Hub(engine)
        owner = hub.follow(Opened(run_id), "")
        await until_status(owner)
        share, _ = store.create_share(session, run_id)
        return await until_status(hub.follow(Opened(run_id, share.token_hash), ""))

    assert run(follow())[0] == ("snapshot", 0)


def test_a_stream_ends_when_its_link_expires(engine: Engine, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id, expires = begun(session, 0), time.time() + 3600
    share, _ = store.create_share(session, run_id, expires=expires)

    async def follow() -> tuple[list[Told], list[Told]]:
        stream = Hub(engine).follow(Opened(run_id, share.token_hash, expires), "")
        before = await until_status(stream)
        monkeypatch.setattr(live.time, "time", lambda: expires - 0.1)
        return before, [brief(told) async for told in stream]

    before, after = run(follow())
    assert before[0] == ("snapshot", 0)
    assert after == []


def test_a_deleted_run_ends_its_streams(engine: Engine, session: Session) -> None:
    run_id = begun(session, 0)

    async def follow() -> list[Told]:
        stream = Hub(engine).follow(Opened(run_id), "")
        await until_status(stream)
        store.delete_run(session, run_id)
        return [brief(told) async for told in stream]

    assert run(follow()) == []


def test_a_database_that_fails_sends_the_readers_away(engine: Engine, session: Session) -> None:
    run_id = begun(session, 0)

    async def follow() -> list[Told]:
        hub = Hub(engine)
        stream = hub.follow(Opened(run_id), "")
        await until_status(stream)
        with Session(engine) as own:
            own.connection().exec_driver_sql("ALTER TABLE snapshot RENAME TO elsewhere")
            own.commit()
        return [brief(told) async for told in stream]

    assert run(follow()) == []


def test_a_pace_lets_a_few_through_at_once_and_then_as_many_as_it_says() -> None:
    pace = Pace()
    assert [pace.take(100.0) for _ in range(6)] == [True] * 4 + [False] * 2
    taken = sum(pace.take(100 + tick / 20) for tick in range(1, 20 * 80 + 1))
    assert taken == pytest.approx(80 / live.SECONDS_A_QUERY, abs=1)
