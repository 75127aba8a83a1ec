import dataclasses
import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpcpinn.plan import flops, memory
from hpcpinn.plan.cost import BLOCK_BYTES
from hpcpinn.plan.variables import chunks, owned
from hpcpinn.plan.workload import Way
from tests.plan.conftest import LOAD, TRAINING

KEEPS = ("all", "first_seed", "none")
changes = st.fixed_dictionaries(
    {
        "width": st.integers(1, 10**5),
        "depth": st.integers(1, 10),
        "rows": st.tuples(st.integers(1, 10**4), st.integers(1, 10**4)),
        "records": st.integers(1, 9),
        "steps": st.integers(0, 10**6),
    }
)


def scaled(function, **changes):
    return function(dataclasses.replace(LOAD, **changes)) / function(LOAD)


def test_parameters_are_counted_layer_by_layer():
    sizes = [1, 1024, 1024, 1024, 1]
    layers = itertools.pairwise(sizes)
    assert LOAD.parameters == sum((wide + 1) * tall for wide, tall in layers)


def test_two_encoders_add_their_own_parameters():
    assert dataclasses.replace(LOAD, encoders=2).parameters - LOAD.parameters == 2 * (1 + 1) * 1024


def test_channel_rows_count_every_point_once_per_channel():
    assert (LOAD.total_rows, LOAD.channel_rows) == (128, 328)


def test_wide_kernels_cost_the_passes_and_long_ones_the_grams():
    for name, small, large in (("width", 2**20, 2**21), ("rows", (10**6, 28), (2 * 10**6, 28))):
        before, after = (dataclasses.replace(LOAD, **{name: value}) for value in (small, large))
        assert flops.kernel_flops(after) == pytest.approx(4 * flops.kernel_flops(before), rel=0.01)


def test_a_kernel_costs_what_the_formula_of_one_term_says():
    n, channels, width, depth = 500, 3, 2048, 4
    load = dataclasses.replace(LOAD, rows=(n,), channels=(channels,), linear=(2,), reads=(1,), width=width, depth=depth)
    m, first, last = n * channels, 2 * width, width + 1
    hidden = (depth - 1) * (2 * m**2 * width + 4 * m * width**2)
    # At the coordinates two channels can be non-zero, of the field one is read: so many products make a gradient.
    gradients = 2 * (2 * n) * first + 2 * n * last
    ends = n**2 * (first + last) + gradients + 2 * m * width + 4 * m * width
    assert flops.kernel_flops(load) == hidden + ends


def test_a_kernel_of_few_units_costs_what_its_gradients_cost():
    n, width = 500, 4
    load = dataclasses.replace(LOAD, rows=(n,), channels=(3,), linear=(2,), reads=(1,), width=width, depth=2)
    structured = 2 * (3 * n) ** 2 * width
    assert flops.kernel_flops(load) < structured
    assert flops.kernel_flops(load) == pytest.approx(n**2 * load.parameters, rel=0.1)


def test_spectra_are_cubic():
    assert scaled(flops.spectrum_flops, rows=(200, 56)) == pytest.approx(8)


def test_a_single_term_is_the_whole_kernel_and_has_one_spectrum():
    load = dataclasses.replace(LOAD, rows=(100,), channels=(3,), linear=(2,), reads=(1,))
    assert flops.spectrum_flops(load) == pytest.approx(4 / 3 * 100**3)


def test_without_spectra_there_are_norms_and_drifts_to_be_found():
    streamed = dataclasses.replace(LOAD, dense=False, records=3, steps=10)
    assert (flops.kernels(LOAD), flops.kernels(streamed)) == (1, 3 + 2 * 2)
    without = dataclasses.replace(streamed, rows=(10**5, 28))
    assert flops.run_flops(without) < flops.run_flops(dataclasses.replace(without, dense=True))


def test_an_exact_solution_is_compared_at_every_record():
    known = dataclasses.replace(LOAD, compared=4096, records=5)
    unknown = dataclasses.replace(known, compared=0)
    assert flops.run_flops(known) - flops.run_flops(unknown) == pytest.approx(5 * 2 * 4096 * LOAD.parameters)
    slopes = dataclasses.replace(known, evaluated=4)
    assert flops.run_flops(slopes) - flops.run_flops(unknown) == pytest.approx(5 * 2 * 4 * 4096 * LOAD.parameters)


def test_training_is_linear_in_steps():
    once = dataclasses.replace(LOAD, steps=1)
    assert flops.training_flops(dataclasses.replace(once, steps=1000)) == 1000 * flops.training_flops(once)


@given(changes)
def test_more_of_anything_never_costs_less(changes):
    load = dataclasses.replace(LOAD, **changes)
    for field in ("width", "depth", "records", "steps"):
        more = dataclasses.replace(load, **{field: getattr(load, field) + 1})
        assert flops.run_flops(more) >= flops.run_flops(load)


@given(changes)
def test_a_task_needs_more_memory_than_its_parameters_and_its_kernel(changes):
    load = dataclasses.replace(LOAD, **changes)
    parts = memory.task_parts(load, 1, results=0)
    assert sum(parts.values()) > memory.RUNTIME_BYTES + 8 * (load.parameters + load.total_rows**2)
    assert parts.keys() == memory.ADVICE.keys()


def test_a_task_leaves_as_many_files_as_it_owns_chunks_and_a_record(plan):
    planned = plan(rest="[kernel]\ntile = 5")
    for task, cost in zip(planned.tasks, planned.costs, strict=True):
        files = sum(len(list(chunks(variable, owned(variable, task)))) for variable in planned.variables)
        assert cost.files == files + 1


def test_a_store_holds_at_least_its_numbers_and_a_block_per_file(plan):
    total = plan().total
    numbers = sum(math.prod(variable.shape) * variable.itemsize for variable in plan().variables)
    assert total.bytes >= max(numbers, total.files * BLOCK_BYTES)


def test_the_total_is_the_sum_and_the_largest_peak(plan):
    planned = plan(width="[8, 4096]")
    assert planned.total.flops == sum(cost.flops for cost in planned.costs)
    assert planned.total.peak_bytes == max(cost.peak_bytes for cost in planned.costs)
    assert planned.costs[0].peak_bytes < planned.costs[-1].peak_bytes


def test_kernels_that_are_not_kept_need_no_disk(plan):
    points = "residual = 500\nboundary = 2"
    bytes_of = {keep: plan(points=points, rest=f'[kernel]\nkeep = "{keep}"').total.bytes for keep in KEEPS}
    assert bytes_of["none"] < bytes_of["first_seed"] < bytes_of["all"]


def trained(**way):
    return dataclasses.replace(LOAD, steps=100, way=Way(**way))


def test_a_step_of_gradient_descent_is_three_passes_and_adam_takes_no_more():
    assert flops.training_flops(trained()) == 100 * 6 * LOAD.channel_rows * LOAD.parameters
    assert flops.training_flops(trained(optimizer="adam")) == flops.training_flops(trained())


def test_a_step_in_sample_space_costs_a_kernel_and_its_factor():
    damped = trained(optimizer="levenberg_marquardt")
    of_passes = 100 * 2 * LOAD.channel_rows * LOAD.parameters * flops.passes(damped)
    assert flops.training_flops(damped) - of_passes == pytest.approx(100 * (flops.kernel_flops(LOAD) + 128**3 / 3))


def test_a_step_by_conjugate_gradients_costs_four_passes_for_each_and_no_kernel():
    one, more = (trained(optimizer="levenberg_marquardt", iterations=iterations) for iterations in (1, 11))
    assert flops.passes(more) - flops.passes(one) == 40
    difference = flops.training_flops(more) - flops.training_flops(one)
    assert difference == pytest.approx(100 * 40 * 2 * LOAD.channel_rows * LOAD.parameters)


@pytest.mark.parametrize("weighting", ["ntk", "gradient_annealing", "residual_attention", "causal"])
def test_what_a_weighting_measures_costs_and_less_where_it_is_measured_less_often(weighting):
    plain, often, seldom = (
        flops.training_flops(trained(weighting=name, every=every))
        for name, every in (("none", 1), (weighting, 1), (weighting, 100))
    )
    assert often - plain == pytest.approx(100 * (seldom - plain))
    assert plain < seldom < 1.1 * plain


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs", "linearized", "levenberg_marquardt"])
def test_what_an_optimizer_remembers_takes_memory(optimizer):
    way = {"optimizer": optimizer, "pairs": 10 if optimizer == "lbfgs" else 0}
    more, plain = (sum(memory.task_parts(load, 1, results=0).values()) for load in (trained(**way), trained()))
    assert more > plain


def test_a_step_costs_the_rows_of_its_batch_and_a_kernel_those_of_all_points():
    half = trained(rows=tuple(rows // 2 for rows in LOAD.rows))
    assert flops.training_flops(half) == flops.training_flops(trained()) / 2
    assert flops.kernel_flops(half) == flops.kernel_flops(trained())
    damped = trained(rows=half.way.rows, optimizer="levenberg_marquardt")
    smaller = dataclasses.replace(trained(optimizer="levenberg_marquardt"), rows=half.way.rows)
    assert flops.training_flops(damped) == flops.training_flops(smaller)


def test_pairs_take_two_arrays_of_parameters_each():
    some, more = (memory.task_parts(trained(optimizer="lbfgs", pairs=pairs), 1, 0) for pairs in (5, 6))
    assert more["parameters"] - some["parameters"] >= 2 * 8 * LOAD.parameters


@pytest.mark.parametrize(
    ("rest", "way"),
    [
        ("", Way()),
        ('learning_rate = 1e-3\noptimizer = "adam"\n', Way("adam")),
        ('optimizer = "lbfgs"\n[optimizer]\npairs = 3\n', Way("lbfgs", pairs=3)),
        ('optimizer = "levenberg_marquardt"\n', Way("levenberg_marquardt")),
        (
            'optimizer = "levenberg_marquardt"\n[optimizer]\nsolver = "cg"\niterations = 7\n',
            Way("levenberg_marquardt", iterations=7),
        ),
        ('precision = "float32"\n', Way(itemsize=4)),
        ('weighting = "ntk"\n', Way(weighting="ntk", every=100)),
        ('weighting = "gradient_annealing"\n', Way(weighting="gradient_annealing", every=10)),
        ('weighting = "ntk"\n[weighting]\nevery = 3\n', Way(weighting="ntk", every=3)),
        ('weighting = "residual_attention"\n', Way(weighting="residual_attention")),
        ("[batch]\nresidual = 3\n", Way(rows=(3, 2))),
        ('weighting = "causal"\n[weighting]\ncoordinate = "x"\n', Way(weighting="causal")),
    ],
)
def test_the_way_of_a_run_is_that_of_its_cell(plan, rest, way):
    assert {load.way for load in plan(rest=TRAINING + rest).loads} == {way}


def test_without_training_there_is_no_way_to_tell_of(plan):
    assert plan(rest="").loads[0].way == Way()
