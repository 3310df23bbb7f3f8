"""What a run needs to go on after a step as if it had never stopped: bit for bit, on the same kind of machine."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor, nn

from ml.datasets import Draws
from ml.optimisation import Clipper, PulseTaker

FORMAT = 1  # what another one wrote can't be read
NOTES = "notes"  # JSON, as a tensor of its bytes


@dataclass(frozen=True)
class Checkpoint:
    """`tensors` by name: the model's, the optimizer's, the random state. `notes` is what else there is, fit for JSON.

    The tensors are those that go on being trained: call `to_bytes` before they are.
    """

    step: int
    tensors: dict[str, Tensor]
    notes: dict[str, Any]

    def to_bytes(self) -> bytes:
        """Safetensors, so that reading it back can't run anything."""
        notes = json.dumps({"format": FORMAT, "step": self.step, **self.notes}).encode()
        return save_tensors(self.tensors | {NOTES: torch.frombuffer(bytearray(notes), dtype=torch.uint8)})

    @classmethod
    def from_bytes(cls, data: bytes) -> "Checkpoint":
        """Raises ValueError where the bytes are damaged, or of a release that writes another format."""
        try:
            tensors = load_tensors(data)
            notes = json.loads(tensors.pop(NOTES).numpy().tobytes())
            found, step = notes.pop("format"), notes.pop("step")
        except (SafetensorError, KeyError, ValueError) as error:
            raise ValueError(f"this is no checkpoint: {error}") from None
        if found != FORMAT:
            raise ValueError(f"the checkpoint is of format {found}, this release reads {FORMAT}")
        return cls(step, tensors, notes)


@dataclass(frozen=True)
class State:
    """All that changes while a run trains. `generator` draws the dropout masks, `draws` the batches."""

    model: nn.Module
    optimizer: torch.optim.Optimizer
    generator: torch.Generator
    draws: Draws
    clipper: Clipper | None
    pulse: PulseTaker | None

    def checkpoint(self, step: int) -> Checkpoint:
        """To be restored before step + 1."""
        tensors = {f"model.{name}": tensor for name, tensor in self.model.state_dict().items()}
        tensors["generator"] = self.generator.get_state()
        constants = {}
        for name, value in self._optimizer_values():
            (tensors if isinstance(value, Tensor) else constants)[name] = value
        notes = {"optimizer": constants, "draws": self.draws.place}
        parts = {"clipper": self.clipper, "pulse": self.pulse}
        return Checkpoint(step, tensors, notes | {name: part.unread for name, part in parts.items() if part})

    def restore(self, checkpoint: Checkpoint) -> None:
        """`draws` was made to start from the checkpoint's place."""
        self.model.load_state_dict(_below("model.", checkpoint.tensors))
        self.generator.set_state(checkpoint.tensors["generator"])
        # Into memory that torch aligns: sums over it could be taken in another order.
        tensors = {name: tensor.clone() for name, tensor in _below("optimizer.", checkpoint.tensors).items()}
        self._restore_optimizer(tensors | _below("optimizer.", checkpoint.notes["optimizer"]))
        if self.clipper:
            self.clipper.unread = checkpoint.notes["clipper"]
        if self.pulse:
            self.pulse.unread = checkpoint.notes["pulse"]

    def _optimizer_values(self) -> Iterator[tuple[str, Any]]:
        for place, values in self.optimizer.state_dict()["state"].items():
            for key, value in values.items():
                yield f"optimizer.{place}.{key}", value

    def _restore_optimizer(self, values: dict[str, Any]) -> None:
        state: dict[int, dict[str, Any]] = {}
        for name, value in values.items():
            place, key = name.split(".")
            state.setdefault(int(place), {})[key] = value
        self.optimizer.load_state_dict(self.optimizer.state_dict() | {"state": state})


def _below(prefix: str, named: dict[str, Any]) -> dict[str, Any]:
    return {name.removeprefix(prefix): value for name, value in named.items() if name.startswith(prefix)}
