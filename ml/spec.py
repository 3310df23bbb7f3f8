"""RunSpec: everything that decides a training run, flat, so that it is a form, a URL and a JSON at once."""

import json
import math
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from ml.catalog import ACTIVATIONS, DATASETS, INITIALISERS, OPTIMIZERS, SCALINGS
from ml.fields import (
    MAX_DEPTH,
    MAX_LAYER_SNAPSHOTS,
    MAX_PARAMETERS,
    MAX_SNAPSHOTS,
    MAX_STEPS,
    MAX_WIDTH,
    NotBuilt,
    one_of,
    wrong,
)
from ml.sizes import available_examples, parameter_count, steps_in_one_pass, units


class RunSpec(BaseModel):
    """One training run. Null means "the default" or, where there is none, "not used"."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)

    name: str = Field("", max_length=120, description="What you want to call the run")

    dataset: one_of(DATASETS) = Field("digits", description="The images to classify")  # type: ignore[valid-type]
    classes: tuple[int, ...] | None = Field(None, description="Only these labels; empty = all", examples=[[0, 1, 2]])
    train_size: int | None = Field(None, ge=1, le=100_000, description="Training examples; empty = all", examples=[500])
    scaling: one_of(SCALINGS) = Field("symmetric", description="Range of the inputs")  # type: ignore[valid-type]

    architecture: Literal["mlp"] = Field("mlp", description="Kind of network")
    hidden: tuple[Annotated[int, Field(ge=1, le=MAX_WIDTH)], ...] = Field(
        (300, 100),
        min_length=1,
        max_length=MAX_DEPTH,
        description="Units of each hidden layer, input side first",
        examples=[[300, 100]],
    )
    channels: NotBuilt = None
    activation: one_of(ACTIVATIONS) = Field("relu", description="Function of the hidden units")  # type: ignore[valid-type]
    alpha: float | None = Field(None, ge=0, le=10, description="Slope or scale on the negative side", examples=[0.01])
    pieces: NotBuilt = None
    init: one_of(INITIALISERS) = Field("kaiming_normal", description="How the weights are drawn")  # type: ignore[valid-type]
    init_std: float | None = Field(
        None, ge=0, le=100, description="Standard deviation for init = normal", examples=[1.0]
    )
    bias_init: float = Field(0.0, ge=-100, le=100, description="Every bias starts at this value", examples=[0.0])

    batch_norm: Literal["none"] = "none"
    dropout: float = Field(
        0.0, ge=0, lt=1, description="Probability that a hidden unit is dropped in a training step", examples=[0.2]
    )
    input_dropout: NotBuilt = None
    max_norm: NotBuilt = None
    weight_decay: NotBuilt = None
    loss: Literal["cross_entropy"] = Field("cross_entropy", description="What is minimised")

    optimizer: one_of(OPTIMIZERS) = Field("adam", description="How the weights are updated")  # type: ignore[valid-type]
    lr: float = Field(0.001, gt=0, le=1000, description="Learning rate η", examples=[0.001])
    momentum: float | None = Field(
        None, ge=0, lt=1, description="β of momentum, β₁ of Adam; empty = 0.9", examples=[0.9]
    )
    beta2: float | None = Field(None, ge=0, lt=1, description="β₂ of Adam; empty = 0.999", examples=[0.999])
    rho: NotBuilt = None
    eps: float | None = Field(None, gt=0, le=1, description="ε of Adam; empty = 1e-8", examples=[1e-8])
    clip: Literal["none"] = "none"
    clip_at: NotBuilt = None

    batch_size: int = Field(32, ge=1, le=10_000, description="Examples per step", examples=[32])
    epochs: int = Field(10, ge=0, le=100_000, description="0 = only look at the initialisation", examples=[10])
    steps_per_epoch: int | None = Field(
        None, ge=1, le=MAX_STEPS, description="Empty = one pass over the training data", examples=[500]
    )
    snapshot_every: int | None = Field(
        None,
        ge=1,
        le=MAX_STEPS,
        description="Steps between two looks at the layers; empty = every epoch",
        examples=[100],
    )
    monitor_size: int = Field(
        300, ge=10, le=300, description="Held-out examples the layers are looked at with", examples=[300]
    )
    bins: int = Field(100, ge=10, le=200, description="Bins of a histogram", examples=[100])

    seed: int = Field(0, ge=0, le=2**31 - 1, description="Same seed, same run, bit for bit", examples=[0])
    transfer_from: NotBuilt = None
    transfer_layers: NotBuilt = None
    transfer_freeze: NotBuilt = None
    mc_passes: NotBuilt = None
    device: Literal["auto", "cpu"] = Field("auto", description="Where it is computed; auto is the CPU in this version")

    @model_validator(mode="before")
    @classmethod
    def _null_is_the_default(cls, data: Any) -> Any:
        return {key: value for key, value in data.items() if value is not None} if isinstance(data, dict) else data

    # A field is checked against those above it: `info.data` holds the ones that were right by themselves.

    @field_validator("name")
    @classmethod
    def _name_is_printable(cls, name: str) -> str:
        if not name.isprintable():
            raise wrong("the name holds characters that can't be printed", "use letters, digits and punctuation")
        return name.strip()

    @field_validator("classes")
    @classmethod
    def _classes_exist(cls, classes: tuple[int, ...] | None, info: ValidationInfo) -> tuple[int, ...] | None:
        if classes is None or "dataset" not in info.data:
            return classes
        count = len(DATASETS[info.data["dataset"]].classes)
        if len(set(classes)) != len(classes) or len(classes) < 2 or not all(0 <= c < count for c in classes):
            raise wrong(
                f"must name at least two different labels from 0 to {count - 1}", f"for example 0 and {count - 1}"
            )
        return tuple(sorted(classes))

    @field_validator("train_size")
    @classmethod
    def _train_size_is_there(cls, size: int | None, info: ValidationInfo) -> int | None:
        if size is None or not {"dataset", "classes"} <= info.data.keys():
            return size
        available = available_examples(DATASETS[info.data["dataset"]], info.data["classes"])
        if available is not None and size > available:
            raise wrong(f"there are only {available:,} training examples", f"at most {available}")
        return size

    @field_validator("hidden")
    @classmethod
    def _network_fits(cls, hidden: tuple[int, ...], info: ValidationInfo) -> tuple[int, ...]:
        if not {"dataset", "classes"} <= info.data.keys():
            return hidden
        count = parameter_count(units(info.data["dataset"], info.data["classes"], hidden))
        if count > MAX_PARAMETERS:
            raise wrong(
                f"the network would have {count:,} parameters, the limit is {MAX_PARAMETERS:,}",
                "fewer or narrower layers, for example 1000, 1000, 1000",
            )
        return hidden

    @field_validator("alpha")
    @classmethod
    def _alpha_is_used(cls, alpha: float | None, info: ValidationInfo) -> float | None:
        activation = info.data.get("activation")
        if alpha is not None and activation and ACTIVATIONS[activation].alpha is None:
            users = " or ".join(a.name for a in ACTIVATIONS.values() if a.alpha is not None)
            raise wrong(f"{activation} has no α", f"leave it out, or choose activation = {users}")
        return alpha

    @field_validator("init_std")
    @classmethod
    def _init_std_is_used(cls, std: float | None, info: ValidationInfo) -> float | None:
        init = info.data.get("init")
        if std is not None and init not in (None, "normal"):
            raise wrong(f"{init} computes its own standard deviation", "leave it out, or choose init = normal")
        return std

    @field_validator("momentum", "beta2", "eps")
    @classmethod
    def _constant_is_used(cls, value: float | None, info: ValidationInfo) -> float | None:
        optimizer = info.data.get("optimizer")
        if value is not None and optimizer and info.field_name not in OPTIMIZERS[optimizer].defaults:
            users = " or ".join(o.name for o in OPTIMIZERS.values() if info.field_name in o.defaults)
            raise wrong(f"{optimizer} does not use it", f"leave it out, or choose optimizer = {users}")
        return value

    @field_validator("batch_size")
    @classmethod
    def _batch_fits(cls, batch: int, info: ValidationInfo) -> int:
        if not {"dataset", "classes", "train_size"} <= info.data.keys():
            return batch
        available = info.data["train_size"] or available_examples(DATASETS[info.data["dataset"]], info.data["classes"])
        if available is not None and batch > available:
            raise wrong(f"larger than the {available:,} training examples", f"at most {available}, for example 32")
        return batch

    @field_validator("steps_per_epoch")
    @classmethod
    def _run_ends(cls, steps: int | None, info: ValidationInfo) -> int | None:
        if not {"dataset", "classes", "train_size", "batch_size", "epochs"} <= info.data.keys():
            return steps
        total = info.data["epochs"] * (steps or steps_in_one_pass(info.data))
        if total > MAX_STEPS:
            most = MAX_STEPS // info.data["epochs"]
            raise wrong(
                f"the run would take {total:,} steps, the limit is {MAX_STEPS:,}",
                f"at most {most} with {info.data['epochs']} epochs, or fewer epochs",
            )
        return steps

    @field_validator("snapshot_every")
    @classmethod
    def _snapshots_fit(cls, every: int | None, info: ValidationInfo) -> int | None:
        if not {"dataset", "classes", "train_size", "batch_size", "epochs", "steps_per_epoch"} <= info.data.keys():
            return every
        in_epoch = info.data["steps_per_epoch"] or steps_in_one_pass(info.data)
        total = info.data["epochs"] * in_epoch
        count = math.ceil(total / (every or in_epoch)) + 1
        most = min(MAX_SNAPSHOTS, MAX_LAYER_SNAPSHOTS // (len(info.data.get("hidden", ())) + 1))
        if count > most:
            least = math.ceil(total / (most - 1))
            raise wrong(f"{count:,} snapshots, the limit is {most:,}", f"at least {least} steps between two")
        return every

    @classmethod
    def stored(cls, text: str) -> "RunSpec":
        """The spec of a run there is already, from its JSON. It was checked when the run was made, and must stay
        readable when limits change."""
        values: dict[str, Any] = json.loads(text)
        values |= {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
        return cls.model_construct(**values)

    @property
    def title(self) -> str:
        """The name, or what distinguishes the run where it has none."""
        return self.name or f"{self.activation}, {self.init}"

    @property
    def class_count(self) -> int:
        return len(self.classes or DATASETS[self.dataset].classes)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Units of the input, each hidden layer and the output."""
        return units(self.dataset, self.classes, self.hidden)

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers, bottom up: hidden1, hidden2, ..., output."""
        return (*self.hidden_layers, "output")

    @property
    def hidden_layers(self) -> tuple[str, ...]:
        return tuple(f"hidden{i}" for i in range(1, len(self.hidden) + 1))

    @property
    def parameters(self) -> int:
        return parameter_count(self.sizes)

    @property
    def steps_in_epoch(self) -> int:
        return self.steps_per_epoch or steps_in_one_pass(self.__dict__)

    @property
    def steps(self) -> int:
        """Updates in the whole run."""
        return self.epochs * self.steps_in_epoch

    @property
    def snapshot_interval(self) -> int:
        """Steps between two snapshots; there is one more at step 0 and one at the end."""
        return self.snapshot_every or self.steps_in_epoch

    @property
    def activation_alpha(self) -> float:
        """The α that is used; 0 where the activation has none."""
        return self.alpha if self.alpha is not None else ACTIVATIONS[self.activation].alpha or 0.0

    @property
    def optimizer_constants(self) -> dict[str, float]:
        """The optimizer's own constants, the spec's where it names them, else the defaults."""
        chosen = {"momentum": self.momentum, "beta2": self.beta2, "eps": self.eps}
        defaults = OPTIMIZERS[self.optimizer].defaults
        return {name: default if chosen[name] is None else chosen[name] for name, default in defaults.items()}  # type: ignore[misc]
