import numpy as np
import pytest

from hpcpinn.store.regions import owned_files, region_of, write_region

NAMES = ("eigenvalue", "trace", "kernel_drift", "seconds")


@pytest.fixture(scope="module")
def task(plan):
    return plan.tasks[5]


def test_what_is_written_is_read_back_in_its_place(store, plan, small, task):
    numbers = small.values(plan, task)
    write_region(store, plan, task, numbers)
    for name, value in numbers.items():
        whole = store.array(name)[...]
        np.testing.assert_array_equal(whole[task.cell][slice(*task.seeds)], value)
        assert np.isfinite(whole).sum() == value.size


def test_the_files_are_those_on_the_disk_and_those_of_the_plan(store, plan, small, task):
    files = write_region(store, plan, task, small.values(plan, task))
    found = {
        str(path.relative_to(store.path)) for one in plan.variables for path in (store.path / one.name).glob("c.*")
    }
    assert set(files) == found == set(owned_files(plan, task))
    assert len(files) == len(found) == plan.costs[5].files - 1


def test_chunks_of_nan_are_written_too(store, plan, small, task):
    diverged = {name: np.full_like(value, np.nan) for name, value in small.values(plan, task, NAMES).items()}
    assert all((store.path / file).exists() for file in write_region(store, plan, task, diverged))


def test_one_kernel_at_a_time(store, plan, small, task):
    kernels = small.values(plan, task)["kernel"]
    files = []
    for place, seed in enumerate(range(*task.seeds)):
        for step in range(2):
            one = kernels[place : place + 1, step : step + 1]
            part = {"seed": range(seed, seed + 1), "step": range(step, step + 1)}
            files += write_region(store, plan, task, {"kernel": one}, part)
    np.testing.assert_array_equal(store.array("kernel")[task.cell][slice(*task.seeds)], kernels)
    assert sorted(files) == sorted(owned_files(plan, task, ["kernel"]))


def test_a_tile_at_a_time(store, plan, small, task):
    kernels = small.values(plan, task)["kernel"]
    for rows in (range(16), range(16, 26)):
        write_region(store, plan, task, {"kernel": kernels[:, :, rows.start : rows.stop]}, {"row": rows})
    np.testing.assert_array_equal(store.array("kernel")[task.cell][slice(*task.seeds)], kernels)


def test_short_rows_are_filled_with_nan(store, plan, task):
    write_region(store, plan, task, {"kernel": np.ones((task.count, 2, 20, 20))})
    kernels = store.array("kernel")[task.cell][slice(*task.seeds)]
    assert np.isnan(kernels[..., 20:, :]).all()
    assert np.isnan(kernels[..., 20:]).all()
    assert (kernels[..., :20, :20] == 1).all()


def test_a_second_attempt_writes_the_same_bytes(store, plan, small, task):
    def written():
        return {name: (store.path / name).read_bytes() for name in files}

    files = write_region(store, plan, task, small.values(plan, task))
    before = written()
    write_region(store, plan, task, small.values(plan, task))
    assert written() == before


def test_a_torn_chunk_heals_when_it_is_written_again(store, plan, small, task):
    numbers = small.values(plan, task)
    for file in write_region(store, plan, task, numbers):
        (store.path / file).write_bytes((store.path / file).read_bytes()[:-3])
    write_region(store, plan, task, numbers)
    np.testing.assert_array_equal(store.array("kernel")[task.cell][slice(*task.seeds)], numbers["kernel"])


@pytest.mark.parametrize(
    ("name", "part", "message"),
    [
        ("eigenvalue", {"seed": range(8, 9)}, "whole chunks"),
        ("eigenvalue", {"step": range(1)}, "whole chunks"),
        ("kernel", {"row": range(4, 16)}, "whole chunks"),
        ("kernel", {"row": range(8)}, "whole chunks"),
        ("kernel", {"seed": range(1)}, "owns"),
        ("kernel", {"width": range(1, 2)}, "owns"),
        ("kernel", {"row": range(0, 26, 2)}, "owns"),
    ],
)
def test_anything_but_own_whole_chunks_is_refused(plan, name, part, message):
    task = plan.tasks[1]
    assert (task.cell, task.seeds) == ((0, 0), (8, 16))
    with pytest.raises(ValueError, match=message):
        region_of(plan.variable(name), task, part)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"eigenvalues": np.zeros(3)}, "not a variable"),
        ({"trace": np.zeros((1, 2, 3))}, r"`trace` has the shape \(1, 2, 3\)"),
        ({"trace": np.zeros((8, 2))}, "shape"),
        ({"trace": np.zeros((8, 2, 2))}, "shape"),
        ({"kernel": np.zeros((8, 2, 27, 26))}, "shape"),
    ],
)
def test_values_that_do_not_fit_are_refused(store, plan, values, message):
    with pytest.raises(ValueError, match=message):
        write_region(store, plan, plan.tasks[1], values)


def test_kernels_of_later_seeds_are_not_written_when_only_the_first_is_kept(tmp_path, small):
    store, plan = small.made(tmp_path / "first.zarr", small.TEXT + 'keep = "first_seed"')
    first, second = plan.tasks[:2]
    assert write_region(store, plan, first, {"kernel": np.ones((1, 2, 26, 26))})
    assert owned_files(plan, second, ["kernel"]) == []
    with pytest.raises(ValueError, match="owns"):
        write_region(store, plan, second, {"kernel": np.ones((1, 2, 26, 26))}, {"seed": range(8, 9)})
