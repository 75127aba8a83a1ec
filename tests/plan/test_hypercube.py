import dataclasses

import pytest

from hpcpinn.study.axes import RESERVED

ALWAYS = {"eigenvalue", "noise_floor", "trace", "frobenius_norm", "spectral_norm", "seconds", "peak_bytes"}
TRAINED = {"kernel_drift", "parameter_drift", "loss", "weight", "stability", "diverged_step"}
DAMPED = {"damping", "accepted_steps", "rejected_steps"}
SWEEP = ("width", "depth", "seed")


def names(plan):
    return {variable.name for variable in plan.variables}


def test_a_trained_study_has_every_quantity(plan):
    assert names(plan()) == ALWAYS | TRAINED | {"kernel", "relative_l2"}


def test_where_some_cell_has_a_damping_every_cell_has_a_place_for_it(plan):
    swept = plan(sweep='"training.optimizer" = ["gd", "levenberg_marquardt"]')
    assert names(swept) == names(plan()) | DAMPED
    assert names(plan(sweep='"training.optimizer" = ["gd", "lbfgs"]')) == names(plan())


def test_without_training_only_initialisation_is_there(plan):
    untrained = plan(rest="")
    assert names(untrained) == ALWAYS | {"kernel", "relative_l2"}
    assert untrained.steps == (0,)


def test_without_a_solution_there_is_no_error(plan, outline):
    assert "relative_l2" not in names(plan(outline=dataclasses.replace(outline, has_solution=False)))


def test_kernels_that_are_not_kept_have_no_array(plan):
    assert "kernel" not in names(plan(rest='[kernel]\nkeep = "none"'))


def test_of_kernels_of_the_first_seed_the_array_is_whole_and_one_seed_is_written(plan):
    kernel = plan(rest='[kernel]\nkeep = "first_seed"').variable("kernel")
    assert kernel.shape == (*plan().variable("kernel").shape[:3], 1, 8, 8)
    assert kernel.kept_seeds == 1


@pytest.mark.parametrize(
    ("name", "dims"),
    [
        ("kernel", ("step", "row", "col")),
        ("eigenvalue", ("step", "block", "mode")),
        ("noise_floor", ("step", "block")),
        ("loss", ("step", "term")),
        ("relative_l2", ("step",)),
        ("seconds", ()),
    ],
)
def test_dimensions_are_those_of_the_contract(plan, name, dims):
    assert plan().variable(name).dims == (*SWEEP, *dims)


def test_sizes_follow_the_problem(plan):
    assert plan().sizes == {
        **{"width": 2, "depth": 1, "seed": 3, "step": 3},
        **{"row": 8, "col": 8, "mode": 8, "term": 2, "block": 3},
    }


def test_one_kernel_is_one_chunk_per_tile(plan):
    assert plan(rest="[kernel]\ntile = 5").variable("kernel").chunks == (1, 1, 1, 1, 5, 5)
    assert plan().variable("kernel").chunks == (1, 1, 1, 1, 8, 8)


def test_a_task_writes_one_chunk_of_everything_else(plan):
    planned = plan()
    for variable in planned.variables:
        if variable.name != "kernel":
            assert variable.chunks == (1, 1, planned.seeds_per_task, *variable.shape[3:])


def test_kernels_are_single_only_when_every_cell_is(plan):
    assert plan(rest='[kernel]\nprecision = "float32"').variable("kernel").dtype == "float32"
    mixed = plan(sweep='"kernel.precision" = ["float32", "float64"]')
    assert mixed.variable("kernel").dtype == "float64"
    assert {variable.dtype for variable in plan().variables} == {"float64"}


def test_every_variable_says_what_it_is(plan):
    for variable in plan().variables:
        assert all(variable.attrs[key] for key in ("units", "long_name", "formula"))


def test_no_axis_can_take_the_name_of_an_array(plan):
    own = {variable.name for variable in (*plan().variables, *plan().coordinates)}
    assert own - {*SWEEP, "x"} <= RESERVED
