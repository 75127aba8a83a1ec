import dataclasses
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpcpinn.plan.flops import OVERHEAD
from hpcpinn.plan.tasks import Task
from hpcpinn.store import attempts, layout, ledger, roll
from hpcpinn.store.comparison import busy, compare
from hpcpinn.store.roll import Projection

TASKS = {Task(f"{number:016x}", (number,), (0, 1)): Projection(1e12, 1000) for number in range(4)}
IDS = [task.id for task in TASKS]
SPANS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 5)), max_size=8)


@pytest.fixture
def publish(tmp_path):
    """Publish a task that was worked on for so many seconds, and ended then."""
    layout.ledger(tmp_path).mkdir()

    def published(task, seconds, finished, **more):
        end = datetime.fromtimestamp(finished, UTC).isoformat(timespec="milliseconds")
        record = {"task": task, "seconds": seconds, "finished": end, **more}
        layout.done(tmp_path, task).write_text(json.dumps(record))
        return tmp_path

    return published


def test_before_anything_is_done_there_is_nothing_to_compare(tmp_path):
    assert compare(tmp_path, TASKS, []) is None


def test_one_task_of_four_took_a_third_of_what_is_left(publish):
    found = compare(publish(IDS[0], 10.0, 100.0), TASKS, IDS[:1])
    assert (found.seconds, found.flops) == (pytest.approx(10.0), 1e12)
    assert found.left == pytest.approx(30.0)


def test_workers_side_by_side_are_twice_as_fast(publish):
    publish(IDS[0], 10.0, 100.0)
    store = publish(IDS[1], 10.0, 100.0)
    assert compare(store, TASKS, IDS[:2]).left == pytest.approx(10.0)


def test_a_pause_does_not_count(publish):
    publish(IDS[0], 10.0, 100.0)
    store = publish(IDS[1], 10.0, 90000.0)
    assert compare(store, TASKS, IDS[:2]).seconds == pytest.approx(20.0)


def test_when_all_is_done_nothing_is_left(publish):
    for task in IDS:
        store = publish(task, 1.0, 100.0)
    assert compare(store, TASKS, IDS).left == 0


def test_a_task_counts_for_its_operations_and_for_what_any_task_takes(publish):
    small = {task: dataclasses.replace(TASKS[task], flops=0.0) for task in TASKS if task.id != IDS[0]}
    found = compare(publish(IDS[0], 10.0, 100.0), TASKS | small, IDS[:1])
    assert found.left == pytest.approx(10.0 * 3 * OVERHEAD / (1e12 + OVERHEAD))


def test_the_largest_share_of_the_projected_memory_is_told(publish):
    publish(IDS[0], 1.0, 100.0, peak_bytes=700)
    store = publish(IDS[1], 1.0, 100.0, peak_bytes=1100)
    assert compare(store, TASKS, IDS[:2]).peak == pytest.approx(1.1)


@pytest.mark.parametrize(("measured", "projected"), [({}, 1000), ({"peak_bytes": 0}, 1000), ({"peak_bytes": 7}, 0)])
def test_memory_that_was_not_noted_is_not_compared(publish, measured, projected):
    tasks = {task: Projection(1e12, projected) for task in TASKS}
    assert compare(publish(IDS[0], 1.0, 100.0, **measured), tasks, IDS[:1]).peak is None


@given(SPANS)
def test_busy_seconds_are_those_of_the_slow_definition(starts):
    spans = [(float(start), float(start + length)) for start, length in starts]
    assert busy(spans) == sum(any(start <= second < stop for start, stop in spans) for second in range(40))


def test_what_a_task_leaves_in_the_ledger_is_enough(tmp_path, small):
    store, plan = small.made(tmp_path / "small.zarr")
    first, second = plan.tasks[:2]
    small.run_task(store, plan, first)
    ledger.publish(store.path, attempts.begin(second.id), [], peak_bytes=plan.costs[1].peak_bytes // 2)
    found = compare(store.path, roll.read(store.path), ledger.done(store.path))
    assert found.flops == plan.costs[0].flops + plan.costs[1].flops
    assert found.left > 0
    assert found.peak == pytest.approx(0.5, rel=1e-6)
