"""A study on a real cluster, in good weather and in bad: nothing lost, nothing twice, the bits of a serial run."""

import re
from datetime import datetime

import pytest

from hpcpinn.store import ledger
from tests.cluster.weather import Weather
from tests.launch.conftest import assert_same_bits

TASKS = 60


def is_quiet(cluster):
    """Whether no job of a study is left."""
    return not any("hpcpinn" in job["name"] for job in cluster.squeue() if job["state"] in {"PENDING", "RUNNING"})


def printed(store):
    return "\n".join(path.read_text() for path in sorted((store / "ledger" / "logs").glob("*.log")))


def test_sixty_tasks_in_three_classes(cluster, study, profile, hpcpinn, serial, tmp_path):
    store = tmp_path / "jobs.zarr"
    told = hpcpinn("submit", study, "--cluster", profile(), "--store", store)
    assert len(re.findall(r"^job \d+: 20 tasks in", told, re.MULTILINE)) == 3
    assert "nothing to submit: 60 tasks are in the queue" in hpcpinn(
        "submit", study, "--cluster", profile(), "--store", store
    )
    cluster.wait_for(lambda: is_quiet(cluster), seconds=400, every=1)
    assert len(ledger.done(store)) == TASKS, printed(store)
    assert_same_bits(store, serial)
    assert "60 of 60 tasks done, 0 failed" in printed(store)
    assert len(re.findall(r"^== task ", printed(store), re.MULTILINE)) == TASKS  # none was begun twice
    assert ledger.ends(store) == []


@pytest.mark.parametrize(("partition", "preemption"), [("batch", "requeue"), ("fleeting", "cancel")])
def test_in_bad_weather(partition, preemption, cluster, study, profile, hpcpinn, serial, tmp_path):
    store = tmp_path / "storm.zarr"
    for trouble in ("memory", "walltime"):
        (tmp_path / f"{trouble}.trouble").touch()
    hpcpinn("submit", study, "--cluster", profile(partition, preemption), "--store", store)
    weather = Weather(cluster, seed=5)
    for name in weather.forecast(rounds=2):
        cluster.wait_for(lambda name=name: weather.blow(name) or is_quiet(cluster), seconds=120, every=0.5)
    cluster.wait_for(lambda: is_quiet(cluster), seconds=600, every=1)
    assert sum(weather.seen.values()) == 2 * len(weather.ways)
    assert len(ledger.done(store)) == TASKS, printed(store)
    assert_same_bits(store, serial)
    assert not ledger.failed(store)
    reasons = [end.reason for end in ledger.ends(store)]
    assert "memory" in reasons
    assert "walltime" in reasons
    assert "killed" not in reasons, printed(store)
    assert begun_after_done(store) == []


def begun_after_done(store):
    """Tasks that somebody began although they were done."""
    found = []
    for task in ledger.done(store):
        end = ledger.read(store, task)["finished"]
        begun = re.findall(rf"^== task {task} at (.*)$", printed(store), re.MULTILINE)
        found += [task for at in begun if datetime.fromisoformat(at).astimezone() > datetime.fromisoformat(end)]
    return found
