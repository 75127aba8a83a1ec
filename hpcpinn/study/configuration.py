"""The sections of a study file, and the configuration of one cell made of them.

Every field states in its `description` what is allowed and in its `examples` what to type: errors are worded from
these (`study.refusal`). A `fixed` reason in a field says why it cannot be an axis. A rule that joins keys says in the
context of its error which `key` it refuses, for which `reason`, and what to `write` instead; a rule that joins sections
also in which `section` the key is, and what is `allowed` there where that is less than the key may be.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, model_validator
from pydantic_core import PydanticCustomError

from hpcpinn.study import methods

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


def _causality(values: tuple[float, ...]) -> tuple[float, ...]:
    """Accept a list with something in it, every number larger than the one before."""
    increasing = sorted(set(values))
    if not values or list(values) != increasing:
        reason = "it is not increasing" if values else "it is empty"
        raise PydanticCustomError("causality", "{reason}", {"reason": reason, "write": increasing or [1.0]})
    return values


class Section(BaseModel):
    """A table of the study file: immutable, no unknown key, no conversion between types but integer to number."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Network(Section):
    """`[network]`: the architecture and the law its parameters are drawn from."""

    architecture: Literal["mlp", "modified_mlp"] = "mlp"
    activation: Literal["tanh", "erf", "sin", "gelu", "softplus", "swish"] = "tanh"
    parametrization: Literal["ntk", "standard", "glorot", "mup"] = "ntk"
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
        description="zero or a positive integer up to 16777216, the points at which errors are measured",
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

    optimizer: Literal["gd", "adam", "lbfgs", "levenberg_marquardt", "linearized"] = "gd"
    learning_rate: Annotated[float | str, PlainValidator(_learning_rate)] = Field(
        default="0.5 edge",
        description='a positive number, or a fraction of the stability edge written as "0.5 edge"',
        examples=["0.5 edge", 1e-5],
    )
    decay: Annotated[float, Field(gt=0, le=1)] = Field(
        default=1.0,
        description="a number above 0 and up to 1, by which the learning rate is multiplied every `decay_every` steps",
        examples=[0.9, 1.0],
    )
    decay_every: _Positive = Field(default=1000, description="a positive integer", examples=[1000, 5000])
    decay_stairs: bool = Field(
        default=False,
        description="true or false, whether the learning rate stays the same for `decay_every` steps",
        examples=[False, True],
    )
    steps: _Positive = Field(description="a positive integer", examples=[10000])
    record: Annotated[tuple[_Integer, ...], Field(strict=False)] = Field(
        default_factory=lambda data: (0, data.get("steps", 0)),
        description="an increasing list of steps from 0 to at most `training.steps`",
        examples=[[0, 100, 10000]],
        json_schema_extra={"fixed": "it is a list, and all cells share the dimension `step`"},
    )
    loss: Literal["mean", "sum", "half_mean", "half_sum"] = "mean"
    precision: Literal["float64", "float32"] = "float64"
    weighting: Literal["none", "fixed", "ntk", "gradient_annealing", "residual_attention", "causal"] = "none"
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


class Optimizer(Section):
    """`[optimizer]`: constants of the optimiser; see `hpcpinn.training.optimizers`, one file each."""

    b1: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.9, description="a number from 0 to below 1", examples=[0.9]
    )
    b2: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.999, description="a number from 0 to below 1", examples=[0.999]
    )
    eps: _PositiveNumber = Field(default=1e-8, description="a positive number", examples=[1e-8])
    pairs: _Positive = Field(default=10, description="a positive integer, the steps that are remembered", examples=[10])
    searches: _Positive = Field(
        default=20, description="a positive integer, the evaluations of a line search at most", examples=[20]
    )
    damping: _PositiveNumber = Field(
        default=1e-3,
        description="a positive number, the first damping over the largest diagonal entry of the kernel",
        examples=[1e-3],
    )
    lowest_damping: _PositiveNumber = Field(default=1e-12, description="a positive number", examples=[1e-12])
    highest_damping: _PositiveNumber = Field(default=1e12, description="a positive number", examples=[1e12])
    tries: _Positive = Field(
        default=10, description="a positive integer, the dampings that are tried in one step", examples=[10]
    )
    solver: Literal["gram", "cg"] = "gram"
    iterations: _Positive = Field(
        default=200, description="a positive integer, of conjugate gradients at most", examples=[200]
    )
    tolerance: _PositiveNumber = Field(
        default=1e-6, description="a positive number, at which conjugate gradients stop", examples=[1e-6]
    )
    renewed: Annotated[int, Field(ge=0, lt=2**63)] = Field(
        default=0,
        description="zero for never or a positive integer, the steps after which the linear model is renewed",
        examples=[0, 100],
    )


class Weighting(Section):
    """`[weighting]`: constants of the weighting; see `hpcpinn.training.weightings`, one file each.

    Two of them have a default of each rule: `every`, 100 for ntk and 10 for gradient_annealing, and `average`, 1 for
    ntk and 0.9 for gradient_annealing.
    """

    every: _Positive | None = Field(
        default=None, description="a positive integer, the steps between two measurements", examples=[100, 10]
    )
    average: Annotated[float, Field(gt=0, le=1)] | None = Field(
        default=None,
        description="a number above 0 and up to 1, the share of what is measured in the moving average",
        examples=[1.0, 0.1],
    )
    diagonal: Literal["trace", "mean"] = "trace"
    gradient: Literal["parameters", "layers", "largest_layer"] = "parameters"
    denominator: Literal["unweighted", "weighted"] = "unweighted"
    biases: bool = Field(
        default=True, description="true or false, whether gradients of biases count", examples=[True, False]
    )
    memory: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.999, description="a number from 0 to 1", examples=[0.999]
    )
    rate: _PositiveNumber = Field(default=0.01, description="a positive number", examples=[0.01, 0.001])
    initial: Annotated[float, Field(ge=0)] = Field(
        default=0.0, description="zero or a positive number, the weights before the first step", examples=[0.0, 0.1]
    )
    scale: Literal["max", "min_max"] = "max"
    whole_first: bool = Field(
        default=False, description="true or false, whether the first rate is 1", examples=[False, True]
    )
    terms: Literal["interior", "all"] = "interior"
    slices: Annotated[int, Field(gt=0, le=2**16)] = Field(
        default=32, description="a positive integer up to 65536, the slices of time", examples=[32, 16]
    )
    coordinate: str = Field(default="t", description="a text, the coordinate that is time", examples=["t", "x"])
    causality: Annotated[tuple[_PositiveNumber, ...], Field(strict=False), AfterValidator(_causality)] = Field(
        default=(1e-2, 1e-1, 1.0, 10.0, 100.0),
        description="an increasing list of positive numbers, one after the other the decay of weights",
        examples=[[0.01, 0.1, 1.0, 10.0, 100.0], [1.0]],
        json_schema_extra={"fixed": "it is a list, which a run goes through"},
    )
    threshold: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.99,
        description="a number between 0 and 1, which the least weight exceeds before the next of `causality`",
        examples=[0.99, 0.9],
    )


class Weights(Section):
    """`[weights]`: a factor of the loss of every term that is named; a term that is not has the factor 1."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, _PositiveNumber] = Field(init=False)

    @property
    def of_terms(self) -> dict[str, float]:
        """The factors by term, in the order written."""
        return dict(self.__pydantic_extra__)


class Batch(Section):
    """`[batch]`: how many rows of a term one step looks at; a term that is not named takes all of its points."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, _Positive] = Field(init=False)

    drawn_from: Literal["domain", "points"] = "domain"
    every: _Positive = Field(
        default=1, description="a positive integer, the steps after which rows are drawn anew", examples=[1, 100]
    )

    @property
    def rows(self) -> dict[str, int]:
        """Rows of one step by term, in the order written."""
        return dict(self.__pydantic_extra__)


class Curriculum(Section):
    """`[curriculum]`: values of a parameter of the problem that are trained before the problem's own."""

    parameter: str = Field(
        default="", description='the name of a parameter of the problem, or "" for none', examples=["speed"]
    )
    values: Annotated[tuple[_Integer | float, ...], Field(strict=False)] = Field(
        default=(),
        description="a list of numbers, in the order in which they are trained",
        examples=[[1.0, 10.0]],
        json_schema_extra={"fixed": "it is a list"},
    )
    every: _Positive = Field(
        default=1000, description="a positive integer, the steps that each value is trained", examples=[1000]
    )

    @property
    def steps(self) -> int:
        """Steps before the problem's own value."""
        return self.every * len(self.values) if self.parameter else 0


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
    optimizer: Optimizer = Field(default_factory=Optimizer)
    weighting: Weighting = Field(default_factory=Weighting)
    weights: Weights = Field(default_factory=Weights)
    batch: Batch = Field(default_factory=Batch)
    curriculum: Curriculum = Field(default_factory=Curriculum)
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
            raise methods.refused(section, key, reason, write=False)
        return self

    @model_validator(mode="after")
    def _has_limit(self) -> "Configuration":
        if self.limit.compare and self.network.parametrization == "glorot":
            reason = "`limit.compare` asks for a limit of infinite width, and its first layer vanishes there"
            raise methods.refused("network", "parametrization", reason, write="standard", allowed="mup, ntk, standard")
        return self

    @model_validator(mode="after")
    def _trainable(self) -> "Configuration":
        if self.training is not None:
            methods.check(self.training.optimizer, self.training.weighting, self._given(self.training))
        return self

    def _given(self, training: Training) -> methods.Given:
        return methods.Given(
            is_fraction=training.edge_fraction is not None,
            predicts=training.predict,
            has_weights=bool(self.weights.of_terms),
            has_batches=bool(self.batch.rows),
            is_taught=bool(self.curriculum.parameter),
            precision=training.precision,
        )

    @model_validator(mode="after")
    def _teachable(self) -> "Configuration":
        lesson, training = self.curriculum, self.training
        if training is None or not lesson.parameter:
            return self
        if not lesson.values:
            reason = f"`{lesson.parameter}` has no value to begin with"
            raise methods.refused("curriculum", "values", reason, write=[1.0, 10.0])
        if lesson.steps >= training.steps:
            reason = f"its {len(lesson.values)} values take {lesson.steps} of {training.steps} steps"
            most = max(1, (training.steps - 1) // len(lesson.values))
            raise methods.refused("curriculum", "every", reason, write=most, allowed=f"at most {most}")
        return self


def _mended(record: tuple[int, ...], steps: int) -> list[int]:
    """What to type instead of a refused list: its steps, moved to where they can be recorded."""
    return sorted({0, *(min(max(step, 0), steps) for step in record)})
