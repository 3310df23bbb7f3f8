"""The shapes of a diagnosis, for the OpenAPI document."""

from typing import Any

from pydantic import BaseModel, Field

from app.answers.shapes import Number


class FixOut(BaseModel):
    """A change of the run's spec that may cure it."""

    cure: str = Field(description="Its name", examples=["lower_lr"])
    label: str
    changes: dict[str, Any] = Field(description="Settings by field; null is the default", examples=[{"lr": 0.001}])


class OpinionOut(BaseModel):
    """How another tool judges the same numbers, by its own quantity and limit."""

    tool: str = Field(description="Its short name", examples=["SM"])
    name: str = Field(examples=["SageMaker Debugger"])
    formula: str = Field(description="Its quantity; empty where it tests nothing of the kind")
    value: Number = Field(description="By the run's record; null where that does not hold it")
    threshold: str = Field(
        description="Where it complains; a / b: where it warns and where it alarms", examples=["< 1e-07"]
    )
    says: str = Field(description="alarm, silent, untold (what is stored can't decide) or untested")
    why: str = Field(description="A sentence, in the language of the request")


class FindingOut(BaseModel):
    """Something that is wrong with a run: `value` is out of bounds of `threshold`, since `step`."""

    rule: str = Field(examples=["dead_units"])
    severity: str = Field(description="alarm or warning")
    layer: str | None = Field(description="The worst one; null where it is of the whole network")
    step: int | None = Field(description="Of the first snapshot where it is so; null for what the settings tell")
    value: Number
    threshold: float
    text: str = Field(description="A sentence, in the language of the request")
    fix: dict[str, Any] = Field(description="The change to try first; empty where none is known")
    title: str
    formula: str
    layers: list[str]
    fixes: list[FixOut] = Field(description="The most promising first")
    opinions: list[OpinionOut] = Field(description="One of each tool that it is compared with")


class DiagnosisOut(BaseModel):
    """What is wrong with a run as far as it has come, the first cause first; no finding where nothing is."""

    findings: list[FindingOut]
