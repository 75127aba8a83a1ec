import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpcpinn.plan.tasks import slices, task_ids, tasks_of_cell

seeds = st.integers(1, 100)
per_task = st.integers(1, 8)


@given(seeds, per_task)
def test_slices_cover_every_seed_once_and_in_order(seeds, per_task):
    assert [seed for start, stop in slices(seeds, per_task) for seed in range(start, stop)] == list(range(seeds))


@given(seeds, per_task)
def test_slices_begin_where_chunks_begin(seeds, per_task):
    assert all(start % per_task == 0 and stop - start <= per_task for start, stop in slices(seeds, per_task))


@given(seeds, per_task, st.integers(0, 20))
def test_more_seeds_leave_full_tasks_as_they_were(seeds, per_task, more):
    before = list(tasks_of_cell((0,), {"width": 8}, range(seeds), per_task))
    after = list(tasks_of_cell((0,), {"width": 8}, range(seeds + more), per_task))
    full = [task for task in before if task.count == per_task]
    assert after[: len(full)] == full


def test_ids_are_pinned():
    content = {"configuration": {"network": {"width": 64, "weight_std": 1.0}}, "problem_source": None}
    assert list(task_ids(content, [[0, 1], [2]])) == ["c63ff4e00e09e34f", "85f5c6a98f2133aa"]


@pytest.mark.parametrize("other", [{"width": 65}, {"width": 64, "depth": 1}, {"width": "64"}])
def test_ids_depend_on_the_content(other):
    assert set(task_ids({"width": 64}, [[0]])) != set(task_ids(other, [[0]]))


def test_ids_do_not_depend_on_how_the_content_is_written():
    one = list(task_ids({"width": 64, "std": 1.0}, [[0]]))
    assert one == list(task_ids({"std": 1, "width": 64}, [(0,)]))
