"""The table of many networks: kernels and spectra one at a time, against other ways."""

from benchmarks.kernel import comparison, exponents, form
from benchmarks.kernel.case import Case
from benchmarks.kernel.contenders import SEEDS
from benchmarks.kernel.results import Column, Results

COLUMNS = tuple(Column(contender.variant, contender.name, contender.variant) for contender in SEEDS)
FIRST = COLUMNS[0]


def table(results: Results) -> str:
    """Seconds for all seeds, in brackets how many times those of one at a time; the last rows are exponents."""
    head = ["N", "n", "precision", "seeds", "drawing parameters", "first call", *(column.title for column in COLUMNS)]
    return form.table(head, [*(_row(results, case) for case in results.networks()), *_slopes(results)])


def _row(results: Results, case: Case) -> list[str]:
    base = results.best(FIRST, case)
    told = base.told if base else {}
    apart = [form.seconds(told[name]) if told else form.MISSING for name in ("draw", "first")]
    times = [comparison.against(results, column, case, results.seconds(FIRST, case)) for column in COLUMNS]
    return [str(case.width), str(case.rows), case.precision, str(case.seeds), *apart, *times]


def _slopes(results: Results) -> list[list[str]]:
    return [
        ["", "", precision, "exponent", "", "", *_exponents(results, precision)] for precision in results.precisions
    ]


def _exponents(results: Results, precision: str) -> list[str]:
    cases = [case for case in results.networks() if case.precision == precision]
    times = ({case.seeds: results.seconds(column, case) for case in cases} for column in COLUMNS)
    return [form.fraction(exponents.slope(one)) for one in times]
