import pytest

from hpcpinn.launch.slurm import element, logs
from hpcpinn.store import layout
from hpcpinn.store.place import Job

A, B = "a" * 16, "b" * 16
SAID = {
    "slurmstepd: error: StepId=1.batch exceeded memory limit (9000 > 8192), being killed": "memory",
    "slurmstepd: error: Detected 1 oom-kill event(s) in StepId=5.batch. Some of your processes may": "memory",
    "slurmstepd: error: Detected 1 oom_kill event in StepId=5.batch": "memory",
    "srun: error: node1: task 0: Out Of Memory": "memory",
    "slurmstepd: error: *** JOB 5 ON n1 CANCELLED AT 2026-01-01T00:00:00 DUE TO TIME LIMIT ***": "walltime",
    "slurmstepd-n1: error: *** JOB 5 ON n1 CANCELLED AT 2026-01-01T00:00:00 DUE TO PREEMPTION ***": "preempted",
    "slurmstepd: error: *** JOB 5 ON n1 CANCELLED AT 2026-01-01 DUE TO NODE FAILURE, SEE SLURMCTLD LOG": "node",
    "slurmstepd: error: *** JOB 5 ON n1 CANCELLED AT 2026-01-01T00:00:00 DUE TO JOB REQUEUE ***": "requeued",
    "slurmstepd: error: *** JOB 5 ON n1 CANCELLED AT 2026-01-01T00:00:00 ***": "cancelled",
    "progress 7 %slurmstepd: error: *** STEP 5.0 ON n1 CANCELLED AT 2026-01-01 ***": "cancelled",
}
OWN = [
    "",
    "RESOURCE_EXHAUSTED: Out of memory while trying to allocate 9 bytes",
    f"{element.END} {A} starved after 1.0 s at now: MemoryError: out of memory",
    "the user's own text was cancelled at noon due to preemption",
    "Killed",
]


@pytest.fixture
def printed(tmp_path):
    def write(text, job="7_1"):
        layout.logs(tmp_path).mkdir(parents=True, exist_ok=True)
        logs.path(tmp_path, job).write_bytes(text if isinstance(text, bytes) else text.encode())
        return tmp_path

    return write


@pytest.mark.parametrize(("line", "why"), SAID.items())
def test_what_slurm_says_is_understood(line, why):
    assert logs.reason(f"before\n{line}\nafter\n") == why


@pytest.mark.parametrize("text", OWN)
def test_what_a_task_says_is_no_reason(text):
    assert logs.reason(text) is None


def test_running_out_of_memory_tells_more_than_being_cancelled():
    assert logs.reason("\n".join(SAID)) == "memory"


def run(number, *lines):
    return "\n".join([logs.heading(Job("7_1", number, "n1")), *lines, ""])


def test_runs_of_one_file_are_told_apart(printed):
    store = printed(run(0, "first") + run(1, "second") + run(11, "late"))
    assert "first" in logs.of_run(store, "7_1", 0)
    assert "second" not in logs.of_run(store, "7_1", 0)
    assert "second" in logs.of_run(store, "7_1", 1)
    assert "first" not in logs.of_run(store, "7_1", 1)
    assert "late" in logs.of_run(store, "7_1", 11)


def test_tasks_of_a_run_are_told_apart(printed):
    lines = [
        f"{element.BEGIN} {A} at 1",
        "of a",
        f"{element.END} {A} done after 1 s",
        f"{element.BEGIN} {B} at 2",
        "of b",
    ]
    store = printed(run(0, *lines))
    assert logs.of_task(store, "7_1", 0, A) == f"== task {A} at 1\nof a\n== {A} done after 1 s\n"
    assert logs.of_task(store, "7_1", 0, B).endswith("of b\n\n")
    assert logs.of_task(store, "7_1", 0, "c" * 16) == ""


def test_a_log_that_is_missing_or_no_text_is_empty(printed):
    store = printed(b"\xff\xfe" + run(0, "mine").encode())
    assert "mine" in logs.of_run(store, "7_1", 0)
    assert logs.of_run(store, "8_1", 0) == ""


def test_only_the_end_of_a_long_log_is_read(printed):
    store = printed(run(0) + "x" * 2**21 + "\nthe end\n")
    assert len(logs.of_run(store, "7_1", 0)) <= 2**20
    assert logs.of_run(store, "7_1", 0).endswith("the end\n")
