import json

from hpcpinn.plan.tasks import Task
from hpcpinn.store import layout, roll
from hpcpinn.store.roll import Projection

TASKS = {Task(f"{number:016x}", (0, number), (0, 8)): Projection(1e9 * number, 2**30 + number) for number in range(3)}


def test_what_is_written_is_read(tmp_path):
    layout.ledger(tmp_path).mkdir()
    roll.write(tmp_path, TASKS)
    assert roll.read(tmp_path) == TASKS
    assert list(roll.read(tmp_path)) == list(TASKS)


def test_a_roll_without_memory_is_read_too(tmp_path):
    layout.ledger(tmp_path).mkdir()
    roll.write(tmp_path, TASKS)
    content = json.loads(layout.tasks(tmp_path).read_text())
    del content["peak_bytes"]
    layout.tasks(tmp_path).write_text(json.dumps(content))
    assert roll.read(tmp_path) == {task: Projection(projected.flops, 0) for task, projected in TASKS.items()}
