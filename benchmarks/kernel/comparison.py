"""Tables of one kernel at a time: times against the package's, memory and first calls."""

from collections.abc import Sequence

from benchmarks.kernel import flops, form
from benchmarks.kernel.case import Case
from benchmarks.kernel.results import COLUMNS, EXPLICIT, OURS, THROUGH, Column, Results


def times(results: Results, cases: Sequence[Case]) -> str:
    """Seconds of the fastest repetition, in brackets how many times those of the package."""
    shares = [f"of GEMM, {name}" for name in THROUGH.values()]
    head = ["n", "N", OURS.title, *shares, *(column.title for column in COLUMNS[1:])]
    return form.table(head, [_times(results, case) for case in cases])


def resources(results: Results, cases: Sequence[Case]) -> str:
    """Peak memory, and seconds of the first call."""
    head = ["n", "N", *(column.title for column in COLUMNS)]
    return form.table(head, [[*_sizes(case), *(_taken(results, c, case) for c in COLUMNS)] for case in cases])


def against(results: Results, column: Column, case: Case, base: float) -> str:
    """A time and its ratio to another one, or why there is none."""
    record = results.best(column, case)
    if record is None:
        return form.MISSING
    if not record.told:
        return record.refusal
    way = "" if column.variant else f", {record.variant}"
    return f"{form.seconds(record.seconds)} ({form.ratio(record.seconds / base)}{way})"


def _times(results: Results, case: Case) -> list[str]:
    ours = results.seconds(OURS, case)
    shares = [flops.necessary(case) / ours / results.rate(case, through) for through in THROUGH]
    others = [against(results, column, case, ours) for column in COLUMNS[1:]]
    return [*_sizes(case), form.seconds(ours), *map(form.fraction, shares), *others]


def _taken(results: Results, column: Column, case: Case) -> str:
    record = results.best(column, case)
    if record is None or not record.told:
        return form.MISSING
    way = f" ({record.variant})" if column == EXPLICIT else ""
    return f"{form.memory(record.told['peak_bytes'])}, {form.seconds(record.told['first'])}{way}"


def _sizes(case: Case) -> list[str]:
    return [str(case.rows), str(case.width)]
