"""The sections of a study file, and the configuration of one cell made of them.

Every field states in its `description` what is allowed and in its `examples` what to type: errors are worded from
these (`study.refusal`). A `fixed` reason in a field says why it cannot be an axis. A rule that joins keys says in the
context of its error which `key` it refuses, for which `reason`, and what to `write` instead; a rule that joins sections
also in which `section` the key is.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, model_validator
from pydantic_core import PydanticCustomError

Scalar = bool | int | float | str

# TOML promises 64-bit integers, and so do the coordinates of the store; a seed is 32 bits to jax and numpy alike.
_Integer = Annotated[int, Field(ge=-(2**63), lt=2**63)]
_Positive = Annotated[int, Field(gt=0, lt=2**63)]
_Seed = Annotated[int, Field(ge=0, lt=2**32)]
_PositiveNumber = Annotated[float, Field(gt=0)]
_Parameter = bool | _Integer | float | str

EDGE = " edge"


def _learning_rate(value: object) -> float | str:
    """Accept a positive number, or `"<positive number> edge"` spelled in its shortest form."""
    relative = isinstance(value, str) and value.endswith(EDGE)
    if not relative and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise ValueError
    number = float(str(value).removesuffix(EDGE))
    if not 0 < number < float("inf"):
        raise ValueError
    return repr(number).removesuffix(".0") + EDGE if relative else number


class Section(BaseModel):
    """A table of the study file: immutable, no unknown key, no conversion between types but integer to number."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Network(Section):
    """`[network]`: the architecture and the law its parameters are drawn from."""

    architecture: Literal["mlp", "modified_mlp"] = "mlp"
    activation: Literal["tanh", "erf", "sin", "gelu", "softplus", "swish"] = "tanh"
    parametrization: Literal["ntk", "standard", "mup"] = "ntk"
    width: _Positive = Field(description="a positive integer, the units of a hidden layer", examples=[64, 256, 1024])
    depth: _Positive = Field(description="a positive integer, the number of hidden layers", examples=[1, 2])
    weight_std: _PositiveNumber = Field(default=1.0, description="a positive number", examples=[1.0])
    bias_std: Annotated[float, Field(ge=0)] = Field(
        default=1.0, description="zero or a positive number", examples=[1.0]
    )
    input_scaling: Literal["none", "domain", "zscore"] = "none"


class Points(Section):
    """`[points]`: how points are drawn; a key that is not declared is the number of rows of the term of that name."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, _Positive] = Field(init=False)

    sampling: Literal["grid", "uniform", "latin_hypercube", "sobol"] = "grid"
    seed: _Seed = Field(
        default=0, description="an integer from 0 to 4294967295, the seed of random points", examples=[0, 1]
    )
    compared: Annotated[int, Field(ge=0, le=2**24)] = Field(
        default=4096,
        description="zero or a positive integer up to 16777216, the points at which an exact solution is compared",
        examples=[4096, 0],
        json_schema_extra={"fixed": "errors are compared on one grid"},
    )

    @property
    def counts(self) -> dict[str, int]:
        """Rows per term, in the order written."""
        return dict(self.__pydantic_extra__)


class Training(Section):
    r"""`[training]`: the optimiser and the loss $\sum_{\text{terms}} c \sum_i r_i^2$.

    The constant $c$ of a term with $n$ rows is $1/n$ for `loss = "mean"`, $1$ for `"sum"`, $1/2n$ for `"half_mean"`
    and $1/2$ for `"half_sum"`.
    """

    optimizer: Literal["gd"] = "gd"
    learning_rate: Annotated[float | str, PlainValidator(_learning_rate)] = Field(
        default="0.5 edge",
        description='a positive number, or a fraction of the stability edge written as "0.5 edge"',
        examples=["0.5 edge", 1e-5],
    )
    steps: _Positive = Field(description="a positive integer", examples=[10000])
    record: Annotated[tuple[_Integer, ...], Field(strict=False)] = Field(
        default_factory=lambda data: (0, data.get("steps", 0)),
        description="an increasing list of steps from 0 to at most `training.steps`",
        examples=[[0, 100, 10000]],
        json_schema_extra={"fixed": "it is a list, and all cells share the dimension `step`"},
    )
    loss: Literal["mean", "sum", "half_mean", "half_sum"] = "mean"
    weighting: Literal["none"] = "none"
    predict: bool = Field(
        default=False,
        description="true or false",
        examples=[True, False],
        json_schema_extra={"fixed": "one store either has predictions or has none"},
    )

    @model_validator(mode="after")
    def _recordable(self) -> "Training":
        rules = {
            "it does not begin with step 0, from which drifts are measured": self.record[:1] == (0,),
            "it is not increasing": list(self.record) == sorted(set(self.record)),
            f"it goes beyond the last of {self.steps} steps": max(self.record, default=0) <= self.steps,
        }
        broken = [reason for reason, kept in rules.items() if not kept]
        if broken:
            write = _mended(self.record, self.steps)
            raise PydanticCustomError("record", "{reason}", {"key": "record", "reason": broken[0], "write": write})
        return self

    @property
    def edge_fraction(self) -> float | None:
        """The learning rate over the stability edge, or None when the learning rate is a number."""
        return float(self.learning_rate.removesuffix(EDGE)) if isinstance(self.learning_rate, str) else None


class Kernel(Section):
    """`[kernel]`: its precision, what is taken of it, which kernels are stored, and how they are cut."""

    precision: Literal["float64", "float32"] = "float64"
    keep: Literal["all", "first_seed", "none"] = Field(
        default="all", json_schema_extra={"fixed": "one store either has kernels or has none"}
    )
    tile: _Positive = Field(
        default=1024,
        description="a positive integer, the rows of one tile",
        examples=[1024],
        json_schema_extra={"fixed": "one store has one chunk size"},
    )
    spectrum: Literal["full", "none"] = Field(
        default="full", json_schema_extra={"fixed": "one store either has eigenvalues or has none"}
    )
    summands: Literal["none", "conjugate", "layers"] = Field(
        default="none", json_schema_extra={"fixed": "all cells share the dimension `layer`"}
    )


class Limit(Section):
    """`[limit]`: the comparison with infinitely wide networks."""

    compare: bool = Field(
        default=False,
        description="true or false",
        examples=[True, False],
        json_schema_extra={"fixed": "one store either has limits or has none"},
    )
    draws: _Positive = Field(
        default=200,
        description="a positive integer, the draws of a limit that is random",
        examples=[200],
        json_schema_extra={"fixed": "all cells share the dimension `draw`"},
    )
    seed: _Seed = Field(
        default=0,
        description="an integer from 0 to 4294967295, the seed of the draws",
        examples=[0],
        json_schema_extra={"fixed": "one limit is drawn for all networks that are compared with it"},
    )


class Configuration(Section):
    """Everything that defines one cell of a study, its seed aside."""

    problem: str
    problem_parameters: dict[str, _Parameter] = Field(default_factory=dict)
    network: Network
    points: Points
    training: Training | None = None
    kernel: Kernel = Field(default_factory=Kernel)
    limit: Limit = Field(default_factory=Limit)

    @model_validator(mode="after")
    def _held_whole(self) -> "Configuration":
        whole = {
            ("limit", "compare"): self.limit.compare,
            ("training", "predict"): self.training is not None and self.training.predict,
        }
        asked = [place for place, wanted in whole.items() if wanted and self.kernel.spectrum == "none"]
        if asked:
            section, key = asked[0]
            reason = 'it needs a kernel that is held whole, and with `kernel.spectrum = "none"` none is'
            context = {"section": section, "key": key, "reason": reason, "write": False}
            raise PydanticCustomError("whole", "{reason}", context)
        return self


def _mended(record: tuple[int, ...], steps: int) -> list[int]:
    """What to type instead of a refused list: its steps, moved to where they can be recorded."""
    return sorted({0, *(min(max(step, 0), steps) for step in record)})
