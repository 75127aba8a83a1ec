"""The Slurm that only keeps a list. tests/cluster/test_fake.py compares it with a real one."""

import subprocess

import pytest

from tests.launch.slurm.fake.control import NO_ANSWER, SUBMIT_LIMIT

SCRIPT = """#!/bin/bash
#SBATCH --job-name="two words" --time 90   # a comment
#SBATCH --output='50%% #1.log'
#SBATCH --comment=a\\"b
echo "$SLURM_ARRAY_TASK_ID" "$@"
#SBATCH --partition=short
"""


@pytest.fixture
def call(fake_slurm, tmp_path):
    def call(*words, text=None, timeout=60):
        outcome = subprocess.run(
            list(map(str, words)),
            input=text,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            timeout=timeout,
            check=False,
        )
        return outcome.returncode, outcome.stdout, outcome.stderr

    return call


@pytest.fixture
def array(call):
    assert call("sbatch", "--array=0-5%2", text=SCRIPT) == (0, "Submitted batch job 1\n", "")
    return 1


def test_what_was_submitted_is_kept_to_the_byte(fake_slurm, call, monkeypatch, tmp_path):
    monkeypatch.setenv("OF_MINE", "1")
    (tmp_path / "job.sh").write_text(SCRIPT)
    assert call("sbatch", "--parsable", "-p", "urgent", "--exclusive=user", "job.sh", "one", "--two") == (0, "1\n", "")
    (job,) = fake_slurm.jobs
    assert job.script == SCRIPT.encode()
    assert (job.name, job.words, job.folder) == ("two words", ["one", "--two"], tmp_path)
    assert job.argv[:2] == ["--parsable", "-p"]
    assert job.options == {
        "job-name": "two words", "time": "90", "output": "50%% #1.log", "comment": 'a"b',
        "parsable": "", "partition": "urgent", "exclusive": "",
    }  # fmt: skip
    assert job.environment["OF_MINE"] == "1"


def test_an_array_is_listed_as_slurm_lists_it(fake_slurm, call, array):
    pattern = "%i|%F|%K|%A|%T|%r|%N|%j|%l|%M"
    waiting = "1_[0-5%2]|1|0-5%2|1|PENDING|None||two words|1:30:00|0:00\n"
    assert call("squeue", "-h", "-o", pattern) == (0, waiting, "")
    fake_slurm.set(array, "RUNNING", 0, used="0:03")
    fake_slurm.set(array, "COMPLETED", 1)
    fake_slurm.set(array, "PENDING", 2, reason="JobHeldUser")
    listed = call("squeue", "-h", "-t", "all", "-j", array, "-o", pattern)[1].splitlines()
    assert set(listed) == {
        "1_[3-5%2]|1|3-5%2|1|PENDING|None||two words|1:30:00|0:00",
        "1_[2%2]|1|2%2|1|PENDING|JobHeldUser||two words|1:30:00|0:00",
        "1_0|1|0|2|RUNNING|None|node1|two words|1:30:00|0:03",
        "1_1|1|1|3|COMPLETED|None|node1|two words|1:30:00|0:00",
    }
    assert call("squeue", "-h", "-r", "-o", "%i %t")[1].splitlines() == [
        "1_0 R",
        *(f"1_{index} PD" for index in range(2, 6)),
    ]
    assert call("squeue", "-h", "-j", "1_1", "-t", "CD", "-o", "%i")[1] == "1_1\n"


def test_what_nobody_knows_is_an_error_only_alone(fake_slurm, call, array):
    assert call("squeue", "-j", "7") == (1, "", "slurm_load_jobs error: Invalid job id specified\n")
    assert call("squeue", "-h", "-j", "7,8") == (0, "", "")
    assert call("scancel", "7") == (0, "", "")
    fake_slurm.forget(array)
    assert call("squeue", "-j", array)[0] == 1


def test_scancel_and_requeue_change_the_list(fake_slurm, call, array):
    fake_slurm.set(array, "RUNNING", 0, 1)
    call("scancel", "1_[4-5]", "1_0")
    call("scancel", "--signal=USR1", "--batch", "1_1")
    assert call("scontrol", "requeue", "1_1")[0] == 0
    states = ["CANCELLED", "PENDING", "PENDING", "PENDING", "CANCELLED", "CANCELLED"]
    assert list(fake_slurm.states(array).values()) == states
    assert "Restarts=1" in call("scontrol", "show", "job", "1_1", "-o")[1]
    assert "MaxArraySize            = 1001\n" in call("scontrol", "show", "config")[1]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--array=0-1001"], "Invalid job array specification"),
        (["--nosuchoption"], "unrecognized option '--nosuchoption'"),
        (["--partition=nosuch"], "invalid partition specified: nosuch"),
        (["--signal=B:USR1@70000"], "Invalid --signal specification"),
    ],
)
def test_what_slurm_would_refuse_is_refused(fake_slurm, call, options, words):
    status, output, errors = call("sbatch", *options, text=SCRIPT)
    assert status
    assert not output
    assert words in errors
    assert fake_slurm.jobs == []


def test_a_limit_counts_the_elements_that_have_not_ended(fake_slurm, call, array):
    fake_slurm.configure(submitted=7)
    assert call("sbatch", "--array=0-1", text=SCRIPT) == (1, "", SUBMIT_LIMIT + "\n")
    fake_slurm.set(array, "TIMEOUT", 3)
    assert call("sbatch", "--array=0-1", text=SCRIPT)[0] == 0


def test_a_command_fails_hangs_and_talks_as_the_test_says(fake_slurm, call):
    fake_slurm.fail("sbatch", f"sbatch: error: {NO_ANSWER}", times=2)
    fake_slurm.fail("sbatch", f"sbatch: error: {NO_ANSWER}", after=True)
    fake_slurm.say("sbatch", "Welcome")
    for known in (0, 0, 1):
        assert call("sbatch", text=SCRIPT) == (1, "", f"sbatch: error: {NO_ANSWER}\n")
        assert len(fake_slurm.jobs) == known
    assert call("sbatch", "--parsable", text=SCRIPT) == (0, "Welcome\n2\n", "")
    fake_slurm.hang("squeue", seconds=30)
    with pytest.raises(subprocess.TimeoutExpired):
        call("squeue", timeout=1)
    assert call("squeue", "-h")[0] == 0
    assert [words[0] for words in fake_slurm.calls] == ["sbatch"] * 4 + ["squeue"] * 2


def test_accounting_is_absent(call):
    assert call("sacct", "-j", "1") == (1, "", "Slurm accounting storage is disabled\n")


def test_a_script_can_be_run_as_an_element(fake_slurm, call, array):
    assert fake_slurm.execute(array, 3).stdout == "3\n"
