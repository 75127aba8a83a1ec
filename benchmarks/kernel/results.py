"""The measurements by what they measure."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.kernel.case import Case
from benchmarks.kernel.record import GEMM, Record

# Answers that differ by more than this, relative, are not answers to the same question.
TOLERANCE = {"float32": 1e-5, "float64": 1e-10}

# The libraries that the GEMM rate is measured through.
THROUGH = {"jax": "JAX", "numpy": "NumPy"}


@dataclass(frozen=True)
class Column:
    """A contender in the tables, in one way of it or, without a variant, in the fastest."""

    title: str
    contender: str
    variant: str = ""


OURS = Column("hpcpinn", "hpcpinn")
EXPLICIT = Column("explicit Jacobian", "explicit")
COLUMNS = (
    OURS,
    Column("explicit Jacobian, plain", "explicit", "plain"),
    EXPLICIT,
    Column("neural-tangents, Jacobian contraction", "neural-tangents", "jacobian_contraction"),
    Column("neural-tangents, structured derivatives", "neural-tangents", "structured_derivatives"),
)


@dataclass(frozen=True)
class Results:
    """All records of a run."""

    records: Sequence[Record]

    @property
    def precisions(self) -> list[str]:
        """The precisions that were measured."""
        return sorted({record.case.precision for record in self.records})

    def kernels(self, precision: str) -> list[Case]:
        """The cases of one kernel each in one precision, by their sizes."""
        return [case for case in self._cases() if case.seeds == 1 and case.precision == precision]

    def networks(self) -> list[Case]:
        """The cases of many kernels each, by their sizes."""
        return [case for case in self._cases() if case.seeds > 1]

    def best(self, column: Column, case: Case) -> Record | None:
        """The fastest record; a refusal if there is no other; None if none was asked."""
        asked = (
            record
            for record in self.records
            if (record.case, record.contender) == (case, column.contender) and column.variant in ("", record.variant)
        )
        return min(asked, key=lambda record: record.seconds, default=None)

    def seconds(self, column: Column, case: Case) -> float:
        """The fastest repetition; infinite where there is none."""
        record = self.best(column, case)
        return record.seconds if record else float("inf")

    def rate(self, case: Case, through: str) -> float:
        """The best GEMM rate beside a case, of the measurements before its rounds, FLOP/s; NaN where there is none."""
        beside, last = [], float("nan")
        for record in self.records:
            if (record.contender, record.case.precision) == (GEMM, case.precision):
                last = record.told["flops"].get(through, float("nan"))
            elif record.case == case:
                beside.append(last)
        return max(beside, default=float("nan"))

    def rates(self, precision: str, through: str) -> list[float]:
        """The GEMM rates of the run, one for each round and one at the end."""
        gemm = (r for r in self.records if (r.contender, r.case.precision) == (GEMM, precision))
        told = [record.told["flops"] for record in gemm]
        return [rates[through] for rates in told if through in rates]

    def differences(self, precision: str) -> dict[str, float]:
        """How far the kernels of each contender are from the first one's, relative: the largest of all cases."""
        largest: dict[str, float] = {}
        for record in self.records:
            if record.case.precision == precision and record.case.seeds == 1 and "difference" in record.told:
                who = f"{record.contender} {record.variant}".strip()
                largest[who] = max(largest.get(who, 0.0), record.told["difference"])
        return largest

    def disagreements(self) -> list[Record]:
        """The records whose answers are not those of the first contender."""
        return [r for r in self.records if not r.told.get("difference", 0.0) <= TOLERANCE[r.case.precision]]

    def _cases(self) -> list[Case]:
        found = {record.case for record in self.records if record.contender != GEMM}
        return sorted(found, key=lambda case: (case.precision, case.rows, case.width, case.seeds))
