"""All tables of README.md, from the measurements."""

from collections.abc import Iterator, Sequence

from benchmarks.kernel import comparison, exponents, form, seed_table
from benchmarks.kernel.results import THROUGH, Results


def markdown(results: Results) -> str:
    """The sections below the description of the machine."""
    return "\n".join(f"### {title}\n\n{table}" for title, table in _sections(results))


def _sections(results: Results) -> Iterator[tuple[str, str]]:
    yield "GEMM rate, GFLOP/s", _gemm(results)
    for precision in results.precisions:
        cases = results.kernels(precision)
        if cases:
            yield f"Time of a kernel, {precision}", comparison.times(results, cases)
            yield f"Peak memory and first call, {precision}", comparison.resources(results, cases)
            yield f"Largest difference from the first contender's kernel, {precision}", _differences(results, precision)
    slopes = list(exponents.rows(results))
    if slopes:
        yield "Exponents of cost", form.table(exponents.HEAD, slopes)
    if results.networks():
        yield "Many seeds, kernel and spectrum of each", seed_table.table(results)


def _gemm(results: Results) -> str:
    rows = [[p, *(_spread(results.rates(p, through)) for through in THROUGH)] for p in results.precisions]
    return form.table(["precision", *THROUGH.values()], rows)


def _differences(results: Results, precision: str) -> str:
    found = results.differences(precision)
    return form.table(["contender", "relative"], [[who, f"{value:.1e}"] for who, value in found.items()])


def _spread(rates: Sequence[float]) -> str:
    return f"{form.rate(max(rates))} (lowest {form.rate(min(rates))})" if rates else form.MISSING
