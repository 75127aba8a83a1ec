import os
import time

import pytest

from hpcpinn.launch.slurm import element, inquest, logs
from hpcpinn.plan.classes import Node
from hpcpinn.plan.retries import Needs
from hpcpinn.store import attempts, ends, layout, ledger
from hpcpinn.store.place import Job
from tests.launch.slurm.fake.control import NO_ANSWER
from tests.launch.slurm.test_logs import SAID

GIB = 2**30
NODE = Node(4 * GIB)


@pytest.fixture
def task(plan):
    return plan.tasks[0].id


@pytest.fixture
def job(fake_slurm, tmp_path):
    """An array in the queue, as job 1."""
    (tmp_path / "a.sbatch").write_text("#!/bin/bash\n#SBATCH --array=0-3\ntrue\n")
    os.system(f"PATH={fake_slurm.bin}:$PATH sbatch '{tmp_path}/a.sbatch' > /dev/null")
    return 1


def reasons(store):
    return [end.reason for end in ledger.ends(store)]


@pytest.mark.parametrize(("line", "why"), SAID.items())
def test_the_log_is_asked_first(fake_slurm, store, task, die, line, why):
    log = f"{logs.heading(Job('1_0', 0, 'node1'))}\n{element.BEGIN} {task} at now\n{line}\n"
    die(task, log=log)
    assert inquest.hold(store, NODE) == (["node1"] if why == "node" else [])
    assert reasons(store) == [why]
    assert fake_slurm.calls == []
    assert not list(layout.ledger(store).glob(f"*{layout.RUNNING}"))


def test_what_an_earlier_task_or_run_met_is_not_taken_for_it(fake_slurm, store, plan, task, die):
    oom, head = next(iter(SAID)), logs.heading(Job("1_0", 0, "node1"))
    log = f"{head}\n{element.BEGIN} {plan.tasks[1].id} at 1\n{oom}\n{element.BEGIN} {task} at 2\n"
    die(task, log=f"{log}{logs.heading(Job('1_0', 1, 'node1'))}\n{oom}\n")
    inquest.hold(store, NODE)
    assert reasons(store) == ["killed"]


@pytest.mark.parametrize(("state", "why"), inquest._STATES.items())
def test_then_slurm_is_asked(fake_slurm, store, task, die, job, state, why):
    if state == "BOOT_FAIL":
        pytest.skip("the list of the fake has no such state")
    fake_slurm.set(job, state, 0)
    die(task)
    inquest.hold(store, NODE)
    assert reasons(store) == [why]


def test_what_slurm_says_of_a_later_run_is_not_taken_for_it(fake_slurm, store, task, die, job):
    fake_slurm.set(job, "TIMEOUT", 0, restarts=2)
    die(task, run=1)
    inquest.hold(store, NODE)
    assert reasons(store) == ["requeued"]


@pytest.mark.parametrize(("state", "why"), [("down*", "node"), ("idle", "killed")])
def test_then_the_node_is_looked_at(fake_slurm, store, task, die, state, why):
    fake_slurm.configure(states={"node1": state})
    die(task)
    lost = inquest.hold(store, NODE)
    assert reasons(store) == [why]
    assert lost == (["node1"] if why == "node" else [])
    assert inquest.lost_nodes(store) == tuple(lost)


def test_without_slurm_a_death_has_no_reason(monkeypatch, store, task, die, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    die(task)
    inquest.hold(store, NODE)
    assert reasons(store) == ["killed"]


def test_a_slurm_that_does_not_answer_ends_nothing(fake_slurm, store, task, die):
    for command in ("scontrol", "sinfo"):
        fake_slurm.fail(command, NO_ANSWER, times=None)
    die(task)
    inquest.hold(store, NODE)
    assert reasons(store) == ["killed"]


def test_the_living_and_those_outside_of_slurm_are_left_alone(fake_slurm, store, plan, task):
    with ledger.attempt(store, task):
        inquest.hold(store, NODE)
        assert ledger.is_running(store, task)
    mine = attempts.begin(plan.tasks[1].id)
    attempts._mark(layout.running(store, mine.task, mine.id), mine)
    os.utime(layout.running(store, mine.task, mine.id), (0, 0))
    inquest.hold(store, NODE)
    assert reasons(store) == []


@pytest.mark.parametrize("text", ["", "[]", "3", '{"job": 1}', '{"job": {}, "task": "a", "id": "b", "started": "c"}'])
def test_markers_of_others_are_skipped(fake_slurm, store, text):
    path = layout.running(store, "a", "b")
    path.write_text(text)
    os.utime(path, (0, 0))
    assert inquest.hold(store, NODE) == []


@pytest.mark.parametrize(("minutes", "saved"), [(-5, False), (5, True)])
def test_a_checkpoint_that_is_younger_than_the_attempt_is_progress(fake_slurm, store, task, die, minutes, saved):
    die(task)
    layout.checkpoint(store, task).touch()
    os.utime(layout.checkpoint(store, task), (0, time.time() + 60 * minutes))
    inquest.hold(store, NODE)
    assert [end.saved for end in ledger.ends(store)] == [saved]


def test_the_third_death_without_a_reason_fails_the_task_by_name(fake_slurm, store, task, die):
    for count in range(1, 4):
        die(task)
        inquest.hold(store, NODE)
        assert ledger.failed(store) == ({task} if count == 3 else set())
    (failure,) = ledger.failures(store)
    assert failure.reason == "its process died 3 times for no reason that Slurm tells; see `hpcpinn logs`"


def test_memory_is_doubled_up_to_all_that_there_is_and_then_the_task_fails_by_name(fake_slurm, store, task):
    found = []
    while not ledger.failed(store):
        ends.record(store, attempts.begin(task), "memory", False)
        inquest.hold(store, NODE)
        found.append(inquest.granted(GIB, inquest.wanted(store)[task], NODE) // GIB)
    assert found == [2, 4, 4]
    (failure,) = ledger.failures(store)
    assert failure.reason == "it ran out of memory with 4 GiB, which is all that the profile allows"


def test_others_are_never_charged(fake_slurm, store, task):
    for reason in ("preempted", "node", "cancelled", "requeued", "stopped"):
        for _ in range(10):
            ends.record(store, attempts.begin(task), reason, False)
    for _ in range(10):
        ends.record(store, attempts.begin(task), "walltime", True)
    inquest.hold(store, NODE)
    assert inquest.wanted(store)[task] == Needs()
    assert ledger.failed(store) == set()


def test_a_task_that_is_done_is_not_failed_for_its_past(fake_slurm, store, task, publish):
    for _ in range(5):
        ends.record(store, attempts.begin(task), "killed", False)
    publish([task])
    inquest.hold(store, NODE)
    assert ledger.failed(store) == set()


def test_what_waits_is_kept_off_lost_nodes_where_slurm_allows_it(fake_slurm, store, submit):
    handed = submit()
    fake_slurm.fail("scontrol", "slurm_update error: Access/permission denied")
    inquest.stay_away(handed, ["node2", "node1"])
    updates = [call for call in fake_slurm.calls if call[:2] == ["scontrol", "update"]]
    assert [call[2] for call in updates] == [f"JobId={job}" for job in handed.jobs]
    assert {call[3] for call in updates} == {"ExcNodeList=node1,node2"}
