"""A store that was extended reads as if the larger study had made it."""

import itertools
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hpcpinn.errors import ProblemError, StoreError
from hpcpinn.plan.plan import make_plan
from hpcpinn.plan.variables import chunks, is_aligned, owned
from hpcpinn.results.opening import open_study
from hpcpinn.store import extension, extents, growth, ledger, roll
from hpcpinn.store.regions import owned_files
from hpcpinn.store.store import open_store
from hpcpinn.study.extension import arranged, united
from hpcpinn.study.reading import parse_study
from tests.results import growing
from tests.results.conftest import OUTLINE
from tests.results.growing import LONG, opened, published, run, text, work

LIMIT = "[limit]\ncompare = true\n"
LONGER = f"[0, 10, {LONG}, {LONG + 5}, {2 * LONG}]"
STEPS = {
    "widths in the middle": [text(), text(width="[4, 8, 16]")],
    "seeds beside a gap": [text(), text(seed="9")],
    "a longer record": [text(), text(record=LONGER)],
    "all at once": [text(), text(width="[2, 4, 16]", depth="[1, 2]", seed="12", record=LONGER)],
    "twice": [
        text(),
        text(width="[4, 8, 16]", seed="7", record=f"[0, 10, {LONG}, {LONG + 5}]"),
        text(width="[4, 8, 16, 32]", seed="10", record=LONGER),
    ],
    "one axis after the other": [text(), text(seed="9"), text(seed="9", record=LONGER), text(width="[8, 4, 16]")],
    "with a limit": [text(rest=LIMIT), text(width="[2, 4, 16]", depth="[2, 1]", record=LONGER, rest=LIMIT)],
}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    path = tmp_path_factory.mktemp("small") / "growing.zarr"
    run(path, text(rest='[kernel]\nkeep = "first_seed"\n'))
    return path


def same(one: xr.Dataset, other: xr.Dataset) -> None:
    """The same values at the same labels, in the same order; tasks may be cut otherwise."""
    drop = ["task"]
    xr.testing.assert_identical(one.drop_vars(drop).drop_attrs(), other.drop_vars(drop).drop_attrs())


@pytest.mark.parametrize("studies", STEPS.values(), ids=STEPS)
def test_it_reads_as_if_made_at_once(studies, tmp_path):
    grown, whole = tmp_path / "grown.zarr", tmp_path / "whole.zarr"
    for study in studies:
        before = published(grown) if grown.exists() else {}
        run(grown, study)
        assert before.items() <= published(grown).items()
    union = studies[-1] if len(studies) < 4 else text(width="[8, 4, 16]", seed="9", record=LONGER)
    run(whole, union)
    same(open_study(grown), open_study(whole))
    assert (open_study(grown).status == "done").all()
    assert (open_store(grown).identity, open_store(grown).study_text) == (
        parse_study(studies[-1], Path()).identity,
        studies[-1],
    )
    assert open_study(grown).attrs["study"] == studies[-1]
    assert open_study(grown).attrs["created"] == open_store(grown).attributes["created"]
    same(open_study(grown, chunks={}).compute(), open_study(whole))


def test_a_study_that_is_contained_adds_nothing(small, tmp_path):
    path = shutil.copytree(small, tmp_path / "grown.zarr")
    kept = '[kernel]\nkeep = "first_seed"\n'
    run(path, text(width="[4, 8, 16]", rest=kept))
    before = sorted((one, one.stat().st_mtime_ns) for one in path.rglob("*"))
    plan = run(path, text(width="[16]", seed="[3, 1]", record="[0]", rest=kept))
    assert before == sorted((one, one.stat().st_mtime_ns) for one in path.rglob("*"))
    assert plan.axes[0].values == (4, 16, 8)
    assert open_study(path).width.values.tolist() == [4, 8, 16]


def test_old_steps_stay_visible_while_a_longer_record_is_missing(small, tmp_path):
    path = shutil.copytree(small, tmp_path / "grown.zarr")
    store, plan = opened(path, text(record=LONGER, rest='[kernel]\nkeep = "first_seed"\n'))
    study, before = open_study(path), open_study(small)
    assert (study.status == "waiting").all()
    xr.testing.assert_equal(study.loss.sel(step=before.step), before.loss)
    assert np.isnan(study.loss.sel(step=2 * LONG)).all()
    assert np.isfinite(study.seconds).all()
    later = [task for task in plan.tasks if not task.is_first]
    assert {task.id for task in plan.tasks} - ledger.done(path) == {task.id for task in later}
    work(store, plan, later[0])
    ledger.fail(path, ledger.attempts.begin(later[1].id), "ValueError: no such luck")
    assert open_study(path).status.isel(width=0, depth=0).values.tolist() == ["done"] * 4 + ["failed"] * 2


def test_who_has_the_old_plan_goes_on_publishing(tmp_path):
    grown, whole = tmp_path / "grown.zarr", tmp_path / "whole.zarr"
    larger = text(width="[2, 4, 16]", seed="9", record=LONGER)
    old_store, old = opened(grown, text())
    for name in ("trace", "kernel", "seconds"):
        old_store.array(name)  # open with the old shape
    first, second, *others = old.tasks
    work(old_store, old, first)
    _, plan = opened(grown, larger)
    work(old_store, old, second)
    assert (open_study(grown).trace.notnull().isel(step=0, block=0, depth=0).sum("seed") == [0, 6, 0]).all()
    run(grown, larger)
    attempts, files = published(grown), ledger.checksums(grown, owned_files(plan, others[-1]))
    for task in others:
        work(old_store, old, task)
    assert published(grown) == attempts
    assert ledger.checksums(grown, owned_files(plan, others[-1])) == files
    run(whole, larger)
    same(open_study(grown), open_study(whole))


def test_a_chunk_before_a_gap_is_written_whole(small, tmp_path):
    path = shutil.copytree(small, tmp_path / "grown.zarr")
    store, plan = opened(path, text(seed="9", rest='[kernel]\nkeep = "first_seed"\n'))
    before_gap = next(task for task in plan.tasks if task.seeds == (4, 6))
    names = owned_files(plan, before_gap)
    before = ledger.checksums(path, names)
    for name in names:
        (path / name).write_bytes(b"torn")
    work(store, plan, before_gap)
    assert ledger.checksums(path, names) == before


class Killed(BaseException):
    """What a test throws in place of a signal."""


def test_killed_between_any_two_steps_the_next_run_goes_on(small, tmp_path, monkeypatch):
    kept = '[kernel]\nkeep = "first_seed"\n'
    larger = text(width="[4, 8, 16]", depth="[1, 2]", seed="9", record=LONGER, rest=kept)
    expected, before = _ready(shutil.copytree(small, tmp_path / "whole.zarr"), larger), open_study(small)
    steps = [(extents, "append"), (growth, "_grow"), (roll, "replace")]
    for kill in itertools.count():
        path = shutil.copytree(small, tmp_path / f"{kill}.zarr")
        counter = itertools.count()
        with monkeypatch.context() as patch:
            for module, name in steps:
                patch.setattr(module, name, _killing(getattr(module, name), counter, kill))
            try:
                opened(path, larger)
            except Killed:
                pass
            else:
                break
        here = open_study(path).sel(width=before.width, depth=[1], seed=before.seed, step=before.step)
        xr.testing.assert_equal(here[["loss", "kernel", "seconds"]], before[["loss", "kernel", "seconds"]])
        assert _ready(path, larger) == expected
        shutil.rmtree(path)
    assert kill > 20


def _killing(function, counter, kill):
    def call(*arguments):
        if next(counter) == kill:
            raise Killed
        return function(*arguments)

    return call


def _ready(path, study):
    """What a store looks like to who knows nothing but zarr, and its tasks."""
    store, _ = opened(path, study)
    labels = store.attributes["coordinates"].split()
    return (
        {name: store.array(name).shape for name in store.names},
        {name: store.array(name)[...].tolist() for name in [*labels, "task"]},
        roll.read(path),
    )


def test_whoever_extends_at_the_same_time_both_end_well(tmp_path):
    path = tmp_path / "grown.zarr"
    run(path, text(width="[4]"))
    asked = [
        text(width=widths, seed=seed) for widths, seed in (("[4, 8]", 6), ("[4, 16]", 9), ("[2, 4]", 13), ("[8]", 7))
    ]
    before = published(path)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda study: opened(path, study), asked))
    plan = run(path, asked[0])
    study = open_study(path)
    assert study.width.values.tolist() == [2, 4, 8, 16]
    assert study.seed.values.tolist() == list(range(13))
    assert (study.status == "done").all()
    assert before.items() <= published(path).items()
    assert _ready(path, asked[1])[0]["trace"][2] == plan.extent.seeds.size
    whole = tmp_path / "whole.zarr"
    run(whole, text(width="[2, 4, 8, 16]", seed="13"))
    same(study, open_study(whole))


def test_the_loser_of_a_race_builds_on_the_record_of_the_winner(tmp_path, monkeypatch):
    path, append = tmp_path / "grown.zarr", extents.append
    opened(path, text())

    def overtaken(store, record):
        monkeypatch.setattr(extents, "append", append)
        opened(path, text(width="[8]", seed="7"))
        return append(store, record)

    monkeypatch.setattr(extents, "append", overtaken)
    store, plan = opened(path, text(width="[2]", seed="9"))
    assert store.newest.number == 2
    assert plan.axes[0].values == (4, 16, 8, 2)
    assert plan.extent.seeds.parts[1:] == ((6,), (7, 8))


def test_workers_find_the_study_in_the_store(small, tmp_path):
    path = shutil.copytree(small, tmp_path / "grown.zarr")
    kept = '[kernel]\nkeep = "first_seed"\n'
    _, plan = opened(path, text(width="[8]", seed="9", record=LONGER, rest=kept))
    again = make_plan(extension.study_of(path), OUTLINE)
    assert (again.tasks, again.variables, again.extent) == (plan.tasks, plan.variables, plan.extent)
    assert Path(open_store(path).newest.folder).is_absolute()


def test_a_study_that_has_moved_with_its_problem_says_where_it_is(tmp_path):
    mine, path = text().replace('"poisson1d"', '"mine.py:Mine"'), tmp_path / "grown.zarr"
    for folder in ("here", "there"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mine.py").write_text("1")
    first, _ = opened(path, parse_study(mine, tmp_path / "here"))
    assert opened(path, parse_study(mine, tmp_path / "there"))[0].newest == first.newest
    shutil.rmtree(tmp_path / "here")
    with pytest.raises(ProblemError, match="cannot be read"):
        extension.study_of(path)
    opened(path, parse_study(mine, tmp_path / "there"))
    assert extension.study_of(path).folder == tmp_path / "there"


def test_the_source_of_the_problem_may_not_change(tmp_path):
    (tmp_path / "mine.py").write_text("1")
    mine = text().replace('"poisson1d"', '"mine.py:Mine"')
    opened(tmp_path / "grown.zarr", parse_study(mine, tmp_path))
    assert extension.study_of(tmp_path / "grown.zarr").folder == tmp_path
    (tmp_path / "mine.py").write_text("2")
    with pytest.raises(StoreError, match=r"the source of `problem` was .* and is .*--store"):
        opened(tmp_path / "grown.zarr", parse_study(mine, tmp_path))
    with pytest.raises(StoreError, match="the source of `problem`"):
        extension.study_of(tmp_path / "grown.zarr")


@pytest.mark.parametrize(
    ("there", "here", "message"),
    [
        (text(), text().replace("poisson1d", "wave1d"), r"`problem` is poisson1d \(builtin\) in the store and wave1d"),
        (
            text(sweep='"points.residual" = [4, 2]'),
            text(sweep='"points.residual" = [4, 8]'),
            r"the number of rows is 6, .* 10; .*--store",
        ),
        (
            text(sweep='"training.learning_rate" = [0.1, 0.2]'),
            text(sweep='"training.learning_rate" = [0.1, "0.5 edge"]'),
            r"the type of `training.learning_rate` is float64, .* string",
        ),
        (
            text(rest='[kernel]\nsummands = "layers"\n'),
            text(depth="[1, 2]", rest='[kernel]\nsummands = "layers"\n'),
            "the layers whose shares are kept",
        ),
        (
            text(sweep='"kernel.precision" = ["float32"]'),
            text(sweep='"kernel.precision" = ["float64"]'),
            "the type of `kernel` is float32",
        ),
    ],
    ids=["problem", "rows", "labels", "layers", "precision"],
)
def test_what_no_array_can_take_is_refused_and_changes_nothing(there, here, message, tmp_path):
    path = tmp_path / "grown.zarr"
    opened(path, there)
    before = sorted(path.rglob("*"))
    with pytest.raises(StoreError, match=message):
        opened(path, here)
    assert sorted(path.rglob("*")) == before
    plan = make_plan(extension.arranged(path, parse_study(there, Path())), OUTLINE)
    extension.check(open_store(path), plan)


def test_fewer_rows_are_welcome(tmp_path):
    path = tmp_path / "grown.zarr"
    run(path, text(seed="2", sweep='"points.residual" = [4]'))
    run(path, text(seed="2", sweep='"points.residual" = [2, 4]'))
    assert open_study(path).term.sel(residual=2).values.tolist() == ["residual"] * 2 + ["boundary"] * 2 + ["", ""]


def test_a_store_without_records_is_taken_up_by_its_own_study(small, tmp_path):
    path = shutil.copytree(small, tmp_path / "old.zarr")
    (path / "ledger" / "extent.0.json").unlink()
    same(open_study(path), open_study(small))
    with pytest.raises(StoreError, match=r"did not note what it holds.*hpcpinn run STUDY --store"):
        extension.study_of(path)
    kept = '[kernel]\nkeep = "first_seed"\n'
    other = make_plan(parse_study(text(seed="7", rest=kept), Path()), OUTLINE)
    for refuse in (extension.check, lambda store, plan: extension.settle(store, plan, {})):
        with pytest.raises(StoreError, match="with the hash"):
            refuse(open_store(path), other)
    opened(path, text(rest=kept))
    run(path, text(seed="7", rest=kept))
    assert open_study(path).sizes["seed"] == 7


widths = st.lists(st.sampled_from([4, 8, 16]), min_size=1, max_size=2, unique=True)
extensions = st.lists(st.tuples(widths, st.integers(1, 9), st.integers(1, 2)), min_size=2, max_size=3)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(extensions, st.sampled_from(["", '[kernel]\nkeep = "first_seed"\n', "[limit]\ncompare = true\n"]))
def test_no_chunk_has_two_owners_and_tasks_keep_theirs(sequence, rest):
    extent, record, known = None, [0], {}
    for some, seeds, more in sequence:
        record = [*record, *(record[-1] + LONG * (1 + k) for k in range(more))]
        study = parse_study(text(width=str(some), seed=str(seeds), record=str(record), rest=rest), Path())
        plan = make_plan(arranged(study, united(extent, study)) if extent else study, OUTLINE)
        extent = plan.extent
        owners = {}
        for task, variable in itertools.product(plan.tasks, plan.variables):
            region = owned(variable, task)
            assert is_aligned(variable, region, region)
            for chunk in chunks(variable, region):
                assert owners.setdefault((variable.name, chunk), task.id) == task.id
        assert known.items() <= owners.items()
        known = owners
        ids = [task.id for task in plan.tasks]
        assert len(set(ids)) == len(ids)


def test_the_store_is_readable_by_zarr_alone(small, tmp_path):
    path = shutil.copytree(small, tmp_path / "grown.zarr")
    run(path, text(seed="9", record=LONGER, rest='[kernel]\nkeep = "first_seed"\n'))
    with xr.open_zarr(path, consolidated=False, chunks=None) as plain:
        assert plain.seed.values.tolist() == [*range(6), -1, -1, 6, 7, 8]
        assert plain.step.values.tolist() == [0, 10, LONG, LONG + 5, 2 * LONG]
        assert np.isfinite(plain.trace.isel(seed=-1, step=-1)).all()
    assert growing.published(path).keys() == ledger.done(path)
