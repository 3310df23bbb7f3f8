"""What students do all day, allowed or not, and what their teacher looks at."""

import asyncio
import time
from random import Random

from tests.signing_in import PASSWORD, TEACHERS
from tests.soak.visitor import Launched, Notes, Visitor

AT_ONCE = 2  # runs of a student that wait or train
WATCHING = 3.0  # seconds
ENDED = ("finished", "failed", "cancelled")
# What nobody may do to a run of somebody else, and what nobody may see of one that is not shown.
CHANGES = [
    ("POST", "/runs/{}/cancel"), ("POST", "/runs/{}/delete"), ("POST", "/runs/{}/shares"), ("POST", "/runs/{}/show"),
    ("POST", "/api/runs/{}/cancel"), ("DELETE", "/api/runs/{}"), ("POST", "/api/runs/{}/shares"),
    ("GET", "/api/runs/{}/shares"),
]  # fmt: skip
READS = [
    "/runs/{}", "/runs/{}.html", "/runs/{}/repairs", "/api/runs/{}", "/api/runs/{}/metrics", "/api/runs/{}/events",
    "/api/runs/{}/figures/loss.csv", "/api/runs/{}/export.zip", "/api/runs/{}/diagnosis", "/api/runs/{}/repairs",
]  # fmt: skip


class Student(Visitor):
    """Signs in, then does one thing after the other, with a pause of about so many seconds between two."""

    def __init__(self, name: str, url: str, notes: Notes, random: Random, pause: float) -> None:
        super().__init__(name, url, notes, random)
        self._pause = pause
        self._stranger = Visitor(f"a stranger whom {name} sent a link", url, notes, random)
        self._active: list[str] = []
        self._shares: set[str] = set()

    async def attend(self, until: float) -> None:
        await self._come_in()
        await self._launch()
        deeds = {
            self._launch: 4, self._look: 5, self._look_at_class: 2, self._watch: 3, self._compare: 2, self._share: 2,
            self._trespass: 3, self._look_through_lists: 2, self._stop_one: 1, self._go_and_come_back: 1,
        }  # fmt: skip
        async with self._stranger.client:
            while time.monotonic() < until:
                await asyncio.sleep(self.random.uniform(0.5, 1.5) * self._pause)
                [deed] = self.random.choices([*deeds], [*deeds.values()])
                await deed()
            for deed in (self._share, self._trespass, self._look_through_lists):
                await deed()  # once at least, however short the term is

    async def _come_in(self) -> None:
        await self.sign_in(own=f"the own one of {self.name}", password=PASSWORD)

    async def _go_and_come_back(self) -> None:
        await self.ask("POST", "/sign-out", 303)
        await self.page("/", 303)
        await self.ask("GET", "/api/runs", 401)
        await self._come_in()

    async def _launch(self) -> None:
        self._active = [run_id for run_id in self._active if await self._goes_on(run_id)]
        if len(self._active) >= AT_ONCE:
            return
        shown = self.random.random() < 0.5
        spec = {"hidden": [self.random.randint(4, 16)] * 2, "epochs": self.random.randint(1, 4), "name": self.name}
        path = f"/api/runs?shown={str(shown).lower()}"
        answer = await self.ask("POST", path, 201, json={**spec, "lr": self.random.choice([0.001, 0.01, 0.1])})
        run_id = answer.json()["id"]
        self._active.append(run_id)
        self.notes.launched.append(Launched(run_id, self.name, shown))

    async def _goes_on(self, run_id: str) -> bool:
        return (await self.ask("GET", f"/api/runs/{run_id}")).json()["status"] not in ENDED

    def _own(self) -> str:
        return self.random.choice(self.notes.of(self.name)).run_id

    async def _look(self) -> None:
        await self.page(self.random.choice(["/", "/new", "/labs", "/shares", "/?whose=class", f"/runs/{self._own()}"]))
        names = {"names": "loss,error,gradient_flow"}
        await self.ask("GET", f"/api/runs/{self._own()}/figures", params=names)

    async def _look_at_class(self) -> None:
        if others := self.notes.of_others(self.name, shown=True):
            await self.page(f"/runs/{self.random.choice(others).run_id}")

    async def _watch(self) -> None:
        async with self.follow(f"/api/runs/{self._own()}/events") as lines:
            try:
                async with asyncio.timeout(WATCHING):
                    async for _line in lines:
                        pass
            except TimeoutError:
                pass

    async def _compare(self) -> None:
        seen = [run for run in self.notes.launched if run.owner == self.name or run.shown]
        chosen = self.random.sample(seen, min(3, len(seen)))
        await self.page("/compare?runs=" + ".".join(run.run_id for run in chosen))

    async def _share(self) -> None:
        """A link, a new one in its place, and the end of that."""
        first = (await self.ask("POST", f"/api/runs/{self._own()}/shares", 201)).json()
        self._shares.add(first["id"])
        await self._stranger.page(first["url"])
        second = (await self.ask("POST", f"/api/shares/{first['id']}/rotate", 201)).json()
        await self._stranger.page(first["url"], 404)
        await self._stranger.page(second["url"])
        await self._stranger.ask("POST", f"{second['url']}/cancel", 404)
        if self.random.random() < 0.5:
            await self.ask("DELETE", f"/api/shares/{first['id']}", 204)
            await self._stranger.page(second["url"], 404)

    async def _trespass(self) -> None:
        """On what is somebody else's, as a member and as nobody."""
        for shown in (False, True):
            if others := self.notes.of_others(self.name, shown):
                run_id = self.random.choice(others).run_id
                method, path = self.random.choice(CHANGES)
                await self.ask(method, path.format(run_id), 403 if shown else 404)
                if not shown:
                    await self.ask("GET", self.random.choice(READS).format(run_id), 404)
                await self._stranger.ask(method, path.format(run_id), 401 if path.startswith("/api") else 303)
                self.notes.trespasses += 1

    async def _look_through_lists(self) -> None:
        listed = (await self.ask("GET", "/api/runs?limit=100")).json()["runs"]
        private = {run.run_id for run in self.notes.of_others(self.name, shown=False)}
        if seen := private & {run["id"] for run in listed}:
            self.complain(f"saw {seen}, which others have not shown")
        shares = {link["id"] for link in (await self.ask("GET", "/api/shares")).json()}
        if not shares <= self._shares:
            self.complain(f"saw the links {shares - self._shares} of others")

    async def _stop_one(self) -> None:
        if self._active and self.random.random() < 0.3:
            run_id = self.random.choice(self._active)
            await self.ask("POST", f"/runs/{run_id}/cancel", 303)
            self.notes.stopped.add(run_id)


class Teacher(Visitor):
    """Looks at everything, and changes nothing."""

    async def attend(self, until: float, pause: float) -> None:
        await self.sign_in(password=TEACHERS, **{"as": "teacher"})
        while time.monotonic() < until:
            await asyncio.sleep(pause)
            for path in ("/", "/teacher", "/shares"):
                await self.page(path)
            if self.notes.launched:
                await self.page(f"/runs/{self.random.choice(self.notes.launched).run_id}")
