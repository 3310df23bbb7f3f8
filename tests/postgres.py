"""A private PostgreSQL server, and the tests that run on it: `make test-postgres`."""

import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import psutil
from sqlalchemy import NullPool, create_engine, make_url

PATIENCE = 60  # seconds after which a server that does not start or stop counts as broken
# Nothing that a test keeps must survive a power cut.
FAST = {"fsync": "off", "full_page_writes": "off", "max_connections": "200"}


class CannotStart(Exception):
    """One line: what to install."""


def programs() -> Path:
    """The folder with PostgreSQL's programs, of the newest release that is installed."""
    found = [*Path("/usr/lib/postgresql").glob("*/bin/initdb"), *map(Path, filter(None, [shutil.which("initdb")]))]
    if not found:
        raise CannotStart("needs PostgreSQL (Debian: apt-get install postgresql; macOS: brew install postgresql@17)")
    return max(found, key=lambda file: [int(n) for n in re.findall(r"\d+", str(file))]).resolve().parent


class PostgreSQL:
    """A server on this address, with its data below a temporary folder, gone afterwards. `within` are words before each
    command: where the address is."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0, within: Sequence[str] = ()) -> None:
        self._programs = programs()
        # PostgreSQL refuses to run as root; the user comes with Debian's package.
        self._user = "postgres" if os.geteuid() == 0 else None
        self._before = [*within, *(["runuser", "-u", self._user, "--"] if self._user else [])]
        self._host, self._port = host, port
        self._password = secrets.token_hex(8)

    def __enter__(self) -> "PostgreSQL":
        self._folder = Path(tempfile.mkdtemp(prefix="layerscope-postgres-"))
        self.port = self._port or _free_port(self._host)
        self._initialise()
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if (self._folder / "data/postmaster.pid").exists():
            self.stop()
        shutil.rmtree(self._folder)

    @property
    def url(self) -> str:
        """An administrator's."""
        return f"postgresql+psycopg://postgres:{self._password}@{self._host}:{self.port}/postgres"

    @property
    def local_url(self) -> str:
        """The same without a network, from this machine alone."""
        return (
            make_url(self.url)
            .set(host=None, port=None)
            .update_query_dict({"host": str(self._folder), "port": str(self.port)})
            .render_as_string(hide_password=False)
        )

    def new_database(self) -> str:
        """The URL of an empty database."""
        name = f"test_{secrets.token_hex(6)}"
        administrate(self.local_url, f"CREATE DATABASE {name} TEMPLATE template0")
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def start(self) -> None:
        options = {
            **FAST, "port": self.port, "listen_addresses": self._host, "unix_socket_directories": self._folder,
        }  # fmt: skip
        given = " ".join(f"-c {name}='{value}'" for name, value in options.items())
        self._control("start", "--options", given, "--log", str(self._folder / "log"))

    def stop(self) -> None:
        """Every connection is cut."""
        self._control("stop", "--mode=immediate")

    def process(self) -> psutil.Process:
        """The server's first one."""
        return psutil.Process(int((self._folder / "data/postmaster.pid").read_text().split()[0]))

    def _initialise(self) -> None:
        password = self._folder / "password"
        password.write_text(self._password)
        if self._user:
            for path in (self._folder, password):
                shutil.chown(path, self._user)
        self._run("initdb", "--username=postgres", f"--pwfile={password}", "--auth=scram-sha-256", "--no-sync",
                  "--encoding=UTF8", "--locale=C", str(self._folder / "data"))  # fmt: skip
        with (self._folder / "data/pg_hba.conf").open("a") as may_enter:
            may_enter.write("host all all samenet scram-sha-256\n")

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", "--pgdata", str(self._folder / "data"), "--wait", f"--timeout={PATIENCE}", *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        # The server inherits what it is started with: a pipe would be held open by it.
        with tempfile.TemporaryFile() as said:
            done = subprocess.run(
                [*self._before, self._programs / program, *arguments], cwd="/", stdin=subprocess.DEVNULL, stdout=said,
                stderr=said,
            )  # fmt: skip
            said.seek(0)
            assert done.returncode == 0, said.read().decode()


def drop_database(administrator: str, url: str) -> None:
    """Whoever still uses it."""
    administrate(administrator, f"DROP DATABASE IF EXISTS {make_url(url).database} WITH (FORCE)")


def administrate(administrator: str, statement: str) -> None:
    engine = create_engine(administrator, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def main(arguments: list[str]) -> int:
    """Run the tests that have to do with the database on a server of their own; the arguments are pytest's."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        with PostgreSQL() as server:
            environment = {**os.environ, "TEST_DATABASE_URL": server.url}
            return subprocess.run([sys.executable, "-m", "pytest", *arguments], env=environment).returncode
    except CannotStart as error:
        print(f"make test-postgres {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
