"""What a study found, position by position."""

import numpy as np
import pytest

from hpcpinn.results.opening import open_study
from hpcpinn.results.spread import distance_to_widest, spread_over_seeds
from hpcpinn.results.summary import positions, tables
from tests.results.conftest import text

TRACED = ["trace", "largest eigenvalue"]
SPREAD = ["spread over seeds", "distance to widest"]
TRAINED = ["kernel drift", "parameter drift", "relative L2 error"]


@pytest.fixture
def summary(make):
    def of(study: str, **state):
        opened = open_study(make(study, **state)[0])
        return opened, list(tables(opened))

    return of


def names(table) -> list[str]:
    return [column.name for column in table.columns]


def test_a_table_for_every_position_of_the_other_axes(summary):
    study, found = summary(text('"network.activation" = ["tanh", "sin"]'))
    assert [table.where for table in found] == [
        {"depth": depth, "activation": activation} for depth in (1, 2) for activation in ("tanh", "sin")
    ]
    assert positions(study) == len(found) == 4
    assert all(names(table) == TRACED + SPREAD + TRAINED for table in found)
    assert all((table.runs, table.done) == (9, 9) for table in found)


def test_columns_are_the_variables_of_the_store(summary):
    study, found = summary(text())
    for depth, table in enumerate(found):
        here = study.isel(depth=depth)
        columns = {column.name: column.values for column in table.columns}
        assert columns["trace"].equals(here.trace.sel(block="all").isel(step=0))
        assert columns["largest eigenvalue"].equals(here.eigenvalue.sel(block="all").isel(step=0, mode=0))
        assert columns["kernel drift"].equals(here.kernel_drift.isel(step=-1))
        assert columns["relative L2 error"].equals(here.relative_l2.isel(step=-1))
        kernel = here.kernel.isel(step=0).load()
        assert np.allclose(columns["spread over seeds"], spread_over_seeds(kernel), rtol=1e-12)
        assert np.allclose(columns["distance to widest"], distance_to_widest(kernel), rtol=1e-12)


def test_exponents_of_what_was_put_in(summary):
    _, (table,) = summary(text(depth="1", seed="20", width="[4, 16, 64, 256]"))
    for column in table.columns:
        if column.name in TRACED + TRAINED:
            assert column.exponent is not None
            assert column.exponent.low < -0.5 < column.exponent.high, column.name


@pytest.mark.parametrize(
    ("rest", "seed", "expected"),
    [
        ("", "3", TRACED + SPREAD),
        ('[kernel]\nkeep = "none"\n', "3", TRACED),
        ('[kernel]\nkeep = "first_seed"\n', "3", TRACED),
        ("", "1", TRACED),
    ],
)
def test_without_training_or_without_kernels(rest, seed, expected, summary):
    _, found = summary(text(rest=rest, seed=seed))
    assert [names(table) for table in found] == [expected, expected]


def test_a_single_width_has_no_exponents(summary):
    _, found = summary(text(width="8"))
    assert names(found[0]) == [*TRACED, "spread over seeds", *TRAINED]
    assert all(column.exponent is None for table in found for column in table.columns)


def test_failed_and_waiting_runs_are_counted_and_left_out(summary):
    _, found = summary(text(), state=lambda task: {(0, 0): "failed", (1, 0): "waiting"}.get(task.cell, "done"))
    assert [(table.runs, table.done) for table in found] == [(9, 3), (9, 9)]
    trace = found[0].columns[0]
    assert np.isnan(trace.values.sel(width=[4, 8])).all()
    assert trace.exponent is None
    assert found[1].columns[0].exponent is not None


def test_the_widest_network_that_has_run_is_the_reference(summary):
    """The widest one fails first, for want of memory."""
    _, found = summary(text(), state=lambda task: "failed" if task.cell[0] == 2 else "done")
    distance = next(column for column in found[0].columns if column.name == "distance to widest")
    assert distance.values["width"].values.tolist() == [4]
    assert np.isfinite(distance.values).all()


def test_one_width_that_has_run_has_no_distance(summary):
    _, found = summary(text(), state=lambda task: "waiting" if task.cell[0] else "done")
    assert names(found[0]) == [*TRACED, "spread over seeds", *TRAINED]


def test_nothing_has_run(summary):
    _, found = summary(text(), state=lambda task: "waiting")
    assert [table.done for table in found] == [0, 0]
    assert all(column.exponent is None for table in found for column in table.columns)


def test_rows_that_are_padded_do_not_count(summary):
    study, found = summary(text('"points.residual" = [4, 2]', rest=""))
    short = study.isel(depth=0, residual=1, step=0).kernel.load()
    spread = next(column for column in found[1].columns if column.name == "spread over seeds")
    assert found[1].where["residual"] == 2
    assert np.allclose(spread.values, spread_over_seeds(short.isel(row=slice(4), col=slice(4))), rtol=1e-12)
