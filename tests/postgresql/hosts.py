"""Hosts of their own on one machine: network namespaces that a bridge connects."""

import os
import secrets
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

NETWORK = "10.77.0"  # inside the namespaces alone


class CannotMake(Exception):
    """Why there can't be any here."""


class Host:
    """A network namespace with one cable to the others."""

    def __init__(self, name: str, switch: str, number: int) -> None:
        self.name, self.address = name, f"{NETWORK}.{number}"
        self.within = within(name)
        self._plug, self._switch = f"port{number}", switch
        ip("link", "add", self._plug, "netns", switch, "type", "veth", "peer", "name", "eth0", "netns", name)
        ip("-n", switch, "link", "set", self._plug, "master", "bridge", "up")
        ip("-n", name, "address", "add", f"{self.address}/24", "dev", "eth0")
        for device in ("lo", "eth0"):
            ip("-n", name, "link", "set", device, "up")

    def cut_off(self) -> None:
        ip("-n", self._switch, "link", "set", self._plug, "down")

    def come_back(self) -> None:
        ip("-n", self._switch, "link", "set", self._plug, "up")


@contextmanager
def hosts(count: int) -> Iterator[list[Host]]:
    """So many, which reach each other and nobody else.

    Raises CannotMake.
    """
    with ExitStack() as stack:
        switch, *names = (stack.enter_context(_namespace()) for _ in range(count + 1))
        ip("-n", switch, "link", "add", "bridge", "type", "bridge")
        ip("-n", switch, "link", "set", "bridge", "up")
        yield [Host(name, switch, number) for number, name in enumerate(names, 1)]


@contextmanager
def _namespace() -> Iterator[str]:
    name = f"layerscope-{secrets.token_hex(3)}"
    ip("netns", "add", name)
    try:
        yield name
    finally:
        ip("netns", "delete", name)


def within(name: str) -> Sequence[str]:
    """The words before a command that is to run there."""
    return "ip", "netns", "exec", name


def ip(*arguments: str) -> None:
    if os.geteuid() != 0:
        raise CannotMake("needs root, to make network namespaces")
    try:
        subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)
    except FileNotFoundError:
        raise CannotMake("needs the program ip (Debian: apt-get install iproute2)") from None
    except subprocess.CalledProcessError as error:
        raise CannotMake(f"this machine makes no network namespaces: {error.stderr.strip()}") from None
