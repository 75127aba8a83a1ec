"""The tables of README.md, from the measurements."""

from collections.abc import Iterator, Sequence

from benchmarks.kernel import form
from benchmarks.training import plain, race
from benchmarks.training.case import Case, Record

# Whom many seeds together are compared with.
OTHERS = (race.PLAIN, race.ONE_BY_ONE, race.VMAP)


def markdown(records: Sequence[Record]) -> str:
    """All sections."""
    return "\n".join(f"### {title}\n\n{table}" for title, table in _sections(records))


def _sections(records: Sequence[Record]) -> Iterator[tuple[str, str]]:
    alone = _by_case([one for one in records if one.case.seeds == 1])
    if alone:
        head = ["problem", "N", "optimiser", race.OURS, "of the fastest loop", *plain.WAYS]
        yield "Time of a step, one seed", form.table(head, [_alone(*item) for item in alone.items()])
    several = _by_case([one for one in records if one.case.seeds > 1])
    if several:
        others = [name for way in OTHERS for name in (way, "over together")]
        head = ["problem", "N", "optimiser", "seeds", race.TOGETHER, *others]
        yield "Time of a step of one of many seeds", form.table(head, [_several(*item) for item in several.items()])


def _by_case(records: Sequence[Record]) -> dict[Case, dict[str, float]]:
    cases: dict[Case, dict[str, float]] = {}
    for one in records:
        cases.setdefault(one.case, {})[one.contender] = one.fastest
    return cases


def _alone(case: Case, times: dict[str, float]) -> list[str]:
    fastest = min(times[way] for way in plain.WAYS)
    others = [form.seconds(times[way]) for way in plain.WAYS]
    return [*_asked(case), form.seconds(times[race.OURS]), form.fraction(times[race.OURS] / fastest), *others]


def _several(case: Case, times: dict[str, float]) -> list[str]:
    together = times[race.TOGETHER]
    others = [told for way in OTHERS for told in (form.seconds(times[way]), f"{times[way] / together:.2f}×")]
    return [*_asked(case), str(case.seeds), form.seconds(together), *others]


def _asked(case: Case) -> list[str]:
    return [case.problem, str(case.width), case.optimizer]
