"""RunSpec: everything that decides a training run, flat, so that it is a form, a URL and a JSON at once."""

import json
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticKnownError

from ml.catalog import (
    ACTIVATIONS,
    ARCHITECTURES,
    BATCH_NORMS,
    CLIPS,
    DATASETS,
    INITIALISERS,
    LOSSES,
    OPTIMIZERS,
    SCALINGS,
    Activation,
)
from ml.checks import CHECKS
from ml.fields import (
    MAX_CHANNELS,
    MAX_CONVOLUTIONS,
    MAX_DEPTH,
    MAX_PASSES,
    MAX_STEPS,
    MAX_WIDTH,
    NO_NUL,
    is_of_numbers,
    one_of,
    one_or_each_of,
)
from ml.sizes import LayerShape, conv_channels, hidden_depth, layer_shapes, per_layer, steps_in_one_pass


class RunSpec(BaseModel):
    """One training run. Null means "the default" or, where there is none, "not used"."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)

    name: str = Field("", max_length=120, pattern=NO_NUL, description="What you want to call the run")

    dataset: one_of(DATASETS) = Field("digits", description="The images to classify")  # type: ignore[valid-type]
    classes: tuple[int, ...] | None = Field(None, description="Only these labels; empty = all", examples=[[0, 1, 2]])
    train_size: int | None = Field(None, ge=1, le=100_000, description="Training examples; empty = all", examples=[500])
    scaling: one_of(SCALINGS) = Field("symmetric", description="Range of the inputs")  # type: ignore[valid-type]

    architecture: one_of(ARCHITECTURES) = Field("mlp", description="Kind of network")  # type: ignore[valid-type]
    channels: tuple[Annotated[int, Field(ge=1, le=MAX_CHANNELS)], ...] | None = Field(
        None,
        min_length=1,
        max_length=MAX_CONVOLUTIONS,
        description="Channels of each convolution, input side first; empty = 16, 32",
        examples=[[16, 32]],
    )
    hidden: tuple[Annotated[int, Field(ge=1, le=MAX_WIDTH)], ...] = Field(
        (300, 100),
        max_length=MAX_DEPTH,
        description="Units of each dense hidden layer, input side first",
        examples=[[300, 100]],
    )
    activation: one_or_each_of(ACTIVATIONS) = Field(  # type: ignore[valid-type]
        "relu", description="Function of the hidden units, or one for each hidden layer", examples=["relu"]
    )
    alpha: float | None = Field(None, ge=0, le=10, description="Slope or scale on the negative side", examples=[0.01])
    pieces: int | None = Field(None, ge=2, le=8, description="Weight vectors of a maxout unit; empty = 2", examples=[2])
    init: one_or_each_of(INITIALISERS) = Field(  # type: ignore[valid-type]
        "kaiming_normal",
        description="How the weights are drawn, or one for each hidden layer; the output's are drawn as the last one's",
        examples=["kaiming_normal"],
    )
    init_std: float | None = Field(
        None, ge=0, le=100, description="Standard deviation for init = normal; empty = 1", examples=[1.0]
    )
    bias_init: float = Field(0.0, ge=-100, le=100, description="Every bias starts at this value", examples=[0.0])
    transfer_from: str | None = Field(
        None,
        min_length=1,
        max_length=40,
        pattern=NO_NUL,
        description="Id of a finished run whose lower layers this one starts with",
    )
    transfer_layers: int | None = Field(
        None, ge=1, le=MAX_DEPTH, description="How many of its hidden layers; empty = all", examples=[1]
    )
    transfer_freeze: bool | None = Field(
        None, description="Whether they stay as they are; empty = they are trained further", examples=[True]
    )

    batch_norm: one_of(BATCH_NORMS) = Field("none", description="Normalise over the batch")  # type: ignore[valid-type]
    dropout: float = Field(
        0.0, ge=0, lt=1, description="Probability that a hidden unit is dropped in a training step", examples=[0.2]
    )
    input_dropout: float = Field(
        0.0, ge=0, lt=1, description="Probability that an input is dropped in a training step", examples=[0.1]
    )
    max_norm: float | None = Field(
        None,
        gt=0,
        le=1000,
        description="Longest that the incoming weights of a unit may be after a step; empty = any length",
        examples=[3.0],
    )
    weight_decay: float = Field(
        0.0, ge=0, le=10, description="λ, adds λW to the gradient of the weights, not of the biases", examples=[1e-4]
    )
    mc_passes: int | None = Field(
        None,
        ge=2,
        le=MAX_PASSES,
        description="Passes with dropout over the validation set at the end, to see how certain the net is",
        examples=[50],
    )

    loss: one_of(LOSSES) = Field("cross_entropy", description="What is minimised")  # type: ignore[valid-type]
    optimizer: one_of(OPTIMIZERS) = Field("adam", description="How the weights are updated")  # type: ignore[valid-type]
    lr: float = Field(0.001, gt=0, le=1000, description="Learning rate η", examples=[0.001])
    momentum: float | None = Field(
        None, ge=0, lt=1, description="β of momentum, β₁ of Adam and Nadam; empty = 0.9", examples=[0.9]
    )
    beta2: float | None = Field(None, ge=0, lt=1, description="β₂ of Adam and Nadam; empty = 0.999", examples=[0.999])
    rho: float | None = Field(None, ge=0, lt=1, description="ρ, decay of RMSProp; empty = 0.9", examples=[0.9])
    eps: float | None = Field(
        None, gt=0, le=1, description="ε, added to the root; empty = 1e-8, AdaGrad 1e-10", examples=[1e-8]
    )
    clip: one_of(CLIPS) = Field("none", description="Shorten gradients that are too long")  # type: ignore[valid-type]
    clip_at: float | None = Field(None, gt=0, le=1e6, description="c of the clipping; empty = 1", examples=[1.0])

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
    device: Literal["auto", "cpu"] = Field("auto", description="Where it is computed; auto is the CPU in this version")

    @model_validator(mode="before")
    @classmethod
    def _null_is_the_default(cls, data: Any) -> Any:
        return {key: value for key, value in data.items() if value is not None} if isinstance(data, dict) else data

    @field_validator("*", mode="before")
    @classmethod
    def _true_is_no_number(cls, value: Any, info: ValidationInfo) -> Any:
        """Pydantic would take it for 1."""
        given = value if isinstance(value, list | tuple) else [value]
        if any(isinstance(one, bool) for one in given) and is_of_numbers(
            cls.model_fields[str(info.field_name)].annotation
        ):
            raise PydanticKnownError("float_type")
        return value

    @field_validator("*")
    @classmethod
    def _fits_the_fields_above(cls, value: Any, info: ValidationInfo) -> Any:
        check = CHECKS.get(info.field_name or "")
        try:
            return check(value, info.data) if check else value
        except KeyError:  # a field above is wrong, and `info.data` holds only those that are right
            return value

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
        return self.name or f"{each(self.activation)}, {each(self.init)}"

    # --- the network ---

    @property
    def class_count(self) -> int:
        return len(self.classes or DATASETS[self.dataset].classes)

    @property
    def class_names(self) -> list[str]:
        """In the order of the outputs."""
        names = DATASETS[self.dataset].classes
        return [names[label] for label in self.classes or range(len(names))]

    @cached_property
    def shapes(self) -> tuple[LayerShape, ...]:
        """Every layer, bottom up, the output's last."""
        return tuple(layer_shapes(self.__dict__))

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers, bottom up: hidden1, hidden2, ..., output. A cnn's convolutions are the first ones."""
        return (*self.hidden_layers, "output")

    @property
    def hidden_layers(self) -> tuple[str, ...]:
        return tuple(f"hidden{i}" for i in range(1, self.depth + 1))

    @property
    def depth(self) -> int:
        """Hidden layers, convolutions among them."""
        return hidden_depth(self.__dict__)

    @property
    def conv_channels(self) -> tuple[int, ...]:
        """Channels of each convolution, input side first; none in a dense network."""
        return conv_channels(self.__dict__)

    @property
    def parameters(self) -> int:
        """Weights and biases, without batch normalisation's own."""
        return sum(shape.parameters for shape in self.shapes)

    @property
    def activations(self) -> tuple[Activation, ...]:
        """Of each hidden layer, bottom up."""
        return tuple(ACTIVATIONS[name] for name in per_layer(self.activation, self.depth))

    @property
    def inits(self) -> tuple[str, ...]:
        """Name of each layer's initialiser, bottom up; the output's is the last hidden layer's."""
        names = per_layer(self.init, self.depth)
        return (*names, names[-1])

    def activation_alpha(self, activation: Activation) -> float:
        """The α that this activation uses; 0 where it has none."""
        if activation.alpha is None:
            return 0.0
        return activation.alpha if self.alpha is None else self.alpha

    @property
    def transferred_layers(self) -> tuple[str, ...]:
        """Names of the layers that start as another run left them."""
        if self.transfer_from is None:
            return ()
        return self.hidden_layers[: self.transfer_layers]

    @property
    def frozen_layers(self) -> tuple[str, ...]:
        """Names of the layers that are not trained."""
        return self.transferred_layers if self.transfer_freeze else ()

    # --- the training ---

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
    def optimizer_constants(self) -> dict[str, float]:
        """The optimizer's own constants, the spec's where it names them, else the defaults."""
        chosen = {"momentum": self.momentum, "beta2": self.beta2, "rho": self.rho, "eps": self.eps}
        defaults = OPTIMIZERS[self.optimizer].defaults
        return {name: default if chosen[name] is None else chosen[name] for name, default in defaults.items()}  # type: ignore[misc]

    @property
    def clip_limit(self) -> float:
        """c of the clipping, where there is any."""
        return 1.0 if self.clip_at is None else self.clip_at


def each(choice: str | tuple[str, ...]) -> str:
    """A choice for all layers or one for each, as one reads it: `relu`, `leaky_relu / relu`."""
    return choice if isinstance(choice, str) else " / ".join(choice)
