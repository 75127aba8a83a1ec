import dataclasses
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpcpinn.study.configuration import Configuration

POOLS = {
    "width": [1, 7, 64, 4096],
    "depth": [1, 2, 9],
    "network.activation": ["tanh", "sin", "gelu"],
    "network.weight_std": [0.5, 1.0, 2.0],
    "points.sampling": ["grid", "sobol"],
    "training.learning_rate": [1e-5, "0.5 edge"],
    "training.steps": [50, 100],
    "problem_parameters.beta": [1, 2, 30],
}
sweeps = st.fixed_dictionaries(
    {key: st.lists(st.sampled_from(POOLS[key]), min_size=1, unique=True) for key in ("width", "depth")},
    optional={
        key: st.lists(st.sampled_from(pool), min_size=1, unique=True)
        for key, pool in POOLS.items()
        if key not in ("width", "depth")
    },
)


@settings(max_examples=40)
@given(sweeps)
def test_every_cell_has_the_values_of_its_place_and_the_rest_of_the_study(study, sweep):
    swept = study(sweep, training__record=[0, 50], **({} if "training.steps" in sweep else {"training__steps": 50}))
    seen = set()
    for cell in swept.cells():
        dump = swept.configuration(cell).model_dump()
        assert all(dump[key.split(".")[0]][key.split(".")[1]] == value for key, value in swept.values(cell).items())
        assert (dump["points"]["residual"], dump["training"]["record"]) == (64, (0, 50))
        seen.add(str(dump))
    assert len(seen) == len(list(swept.cells()))


def test_a_small_study(study):
    small = study()
    assert (small.name, small.problem, small.seeds) == ("small", "poisson1d", (0, 1))
    assert small.cell_shape == (2, 1)
    assert list(small.cells()) == [(0, 0), (1, 0)]
    assert small.values((1, 0)) == {"network.width": 16, "network.depth": 1}
    assert small.configuration((1, 0)).network.width == 16


@pytest.mark.parametrize(
    ("sweep", "cells", "seeds"),
    [
        ({"width": list(range(1, 501)), "seed": 20}, 500, 20),
        ({"width": list(range(1, 101)), "depth": list(range(1, 101)), "seed": 1}, 10_000, 1),
        ({"width": list(range(1, 10_001)), "seed": 1}, 10_000, 1),
    ],
)
def test_ten_thousand_cells(study, sweep, cells, seeds):
    large = study(sweep)
    assert len(list(large.cells())) == cells
    assert len(large.seeds) == seeds


def test_a_study_cannot_be_changed_by_what_it_hands_out(study):
    small = study(problem_parameters={"beta": 1})
    small.configuration((0, 0)).problem_parameters["beta"] = 2
    assert small.configuration((0, 0)).problem_parameters == {"beta": 1}
    with pytest.raises(dataclasses.FrozenInstanceError):
        small.name = "other"


def test_a_study_crosses_to_another_process(study):
    small = study()
    sent = pickle.loads(pickle.dumps(small))
    assert sent == small
    assert hash(sent) == hash(small)
    assert isinstance(sent.configuration((0, 0)), Configuration)


@pytest.mark.parametrize("cell", [(2, 0), (-1, 0), (0,)])
def test_a_cell_outside_the_grid_has_no_configuration(study, cell):
    with pytest.raises(IndexError, match="positions count from 0"):
        study().configuration(cell)
