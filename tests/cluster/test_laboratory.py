"""What Slurm does to a job, on the cluster that the other tests here are run on. README.md has the table."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

LABORATORY = Path(__file__).with_name("slurm.sh")
# The traps tell what reaches the batch shell. `echo` is the shell's own: a program of a trap gets the signals, too.
TRAPPED = """
echo "start ${SLURM_RESTART_COUNT:-none} $SLURMD_NODENAME"
for signal in TERM USR1; do trap "echo shell $signal" $signal; done
sleep 600 &
while :; do wait; sleep 0.2; done
"""


@pytest.fixture
def output(tmp_path):
    return lambda name="out": (tmp_path / name).read_text() if (tmp_path / name).exists() else ""


@pytest.fixture
def trapped(cluster, submit, output):
    """Submit a job with traps and wait for its first line."""

    def trapped(*options):
        job = submit(TRAPPED, *options)
        cluster.wait_for(lambda: "start none" in output())
        return job

    return trapped


def test_there_are_four_nodes_with_names_that_resolve(cluster):
    assert len(cluster.nodes) >= 4
    assert [socket.gethostbyname(name) for name in cluster.nodes] == cluster.nodes


def test_a_job_has_the_gpus_that_it_asks_for(cluster, submit, output):
    job = submit("echo $CUDA_VISIBLE_DEVICES", "--gres=gpu:2")
    cluster.wait_for_state(job, "COMPLETED")
    assert output() == "0,1\n"


def test_an_array_runs_as_many_at_once_as_its_throttle_allows(cluster, submit, output):
    job = submit("echo $SLURM_ARRAY_TASK_ID; sleep 1", "--array=0-5%2")
    most = 0
    while not cluster.ended(job):
        most = max(most, list(cluster.states(job).values()).count("RUNNING"))
    assert cluster.states(job) == {f"{job}_{index}": "COMPLETED" for index in range(6)}
    assert [output(f"{index}.out") for index in range(6)] == [f"{index}\n" for index in range(6)]
    assert 1 <= most <= 2


def test_an_index_beyond_the_largest_is_refused(cluster, submit):
    assert "MaxArraySize            = 101" in cluster.scontrol("show", "config")
    with pytest.raises(AssertionError, match="Invalid job array specification"):
        submit("true", "--array=0-101")


def test_a_preempted_element_is_requeued_and_counts_its_restarts(cluster, submit, output):
    job = submit("trap 'echo TERM' TERM; echo start ${SLURM_RESTART_COUNT:-none}; sleep 4 & wait", "--array=0-1")
    cluster.wait_for(lambda: "start" in output("0.out") and "start" in output("1.out"))
    cluster.preempt(1)
    cluster.wait_for_state(job, "COMPLETED", seconds=60)
    for index in range(2):
        lines = [line for line in output(f"{index}.out").splitlines() if line.split()[0] in ("start", "TERM")]
        assert lines == ["start none", "TERM", "start 1"]
        assert "DUE TO PREEMPTION" in output(f"{index}.out")


def test_where_preemption_cancels_the_shell_hears_of_it_at_the_end_of_the_grace(cluster, trapped, output):
    job = trapped("-p", "fleeting", "--signal=B:USR1@60")
    cluster.preempt(1, [cluster.details(job)["NodeList"]])
    cluster.wait_for(lambda: "shell TERM" in output(), seconds=40)
    cluster.wait_for_state(job, "PREEMPTED")
    assert "USR1" not in output()
    assert "DUE TO PREEMPTION" in output()


def test_scancel_sends_term_to_the_shell(cluster, trapped, output):
    job = trapped()
    cluster.scancel(job)
    cluster.wait_for_state(job, "CANCELLED")
    assert "shell TERM" in output()


def test_a_signal_of_ones_own_reaches_the_shell_only(cluster, trapped, output):
    job = trapped()
    cluster.scancel("--batch", "--signal=USR1", job)
    cluster.wait_for(lambda: "shell USR1" in output())
    assert cluster.state(job) == "RUNNING"


def test_a_job_may_requeue_itself(cluster, submit, output):
    text = 'trap "" TERM; echo start ${SLURM_RESTART_COUNT:-none}; [ -n "$SLURM_RESTART_COUNT" ] || scontrol requeue '
    job = submit(text + "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID", "--array=0-1")
    cluster.wait_for(lambda: all("start 1" in output(f"{index}.out") for index in range(2)), seconds=60)
    cluster.wait_for_state(job, "COMPLETED")


def test_the_jobs_of_a_node_that_goes_down_are_requeued_elsewhere(cluster, trapped, output):
    job = trapped()
    node = cluster.details(job)["NodeList"]
    cluster.node_down(node)
    cluster.wait_for(lambda: "start 1" in output())
    assert cluster.details(job)["NodeList"] != node
    assert "DUE TO NODE FAILURE" in output()
    cluster.node_resume(node)
    cluster.wait_for(lambda: cluster.node_state(node) == "idle")


def test_a_job_goes_on_without_its_daemon_and_is_started_a_second_time(cluster, submit, output):
    job = submit('while :; do echo "$SLURMD_NODENAME ${SLURM_RESTART_COUNT:-none}"; sleep 0.2; done')
    cluster.wait_for(output)
    node = cluster.details(job)["NodeList"]
    cluster.kill_slurmd(node)
    cluster.wait_for(lambda: cluster.state(job) == "RUNNING" and " 1\n" in output(), seconds=90)
    before = output().count(f"{node} none")
    cluster.wait_for(lambda: output().count(f"{node} none") > before)
    cluster.restart_slurmd(node)
    cluster.node_resume(node)


def test_the_job_of_a_node_without_power_is_started_elsewhere_and_only_there(cluster, submit, output):
    job = submit('while :; do echo "$SLURMD_NODENAME ${SLURM_RESTART_COUNT:-none}"; sleep 0.2; done')
    cluster.wait_for(output)
    node = cluster.details(job)["NodeList"]
    cluster.cut_power(node)
    before = output().count(f"{node} none")
    cluster.wait_for(lambda: " 1\n" in output(), seconds=90)
    assert output().count(f"{node} none") == before
    cluster.restart_slurmd(node)
    cluster.node_resume(node)


def test_a_process_that_takes_more_memory_than_it_asked_for_is_killed_with_its_shell(cluster, submit, output):
    greedy = "import time; x = bytearray(400_000_000); time.sleep(20)"
    job = submit(f"trap 'echo TERM' TERM; {sys.executable} -S -c '{greedy}'; echo after", "--mem=100")
    cluster.wait_for_state(job, "FAILED")
    assert "exceeded memory limit" in output()
    assert "TERM" not in output()
    assert "after" not in output()
    assert cluster.details(job)["Reason"] == "JobLaunchFailure"


def test_the_signal_before_the_end_of_the_time_arrives_and_then_the_end(cluster, trapped, output):
    job = trapped("--time=1", "--signal=B:USR1@10")
    cluster.wait_for(lambda: "shell USR1" in output(), seconds=60)
    assert cluster.state(job) == "RUNNING"
    assert "shell TERM" not in output()
    cluster.wait_for_state(job, "TIMEOUT", seconds=90)
    assert "DUE TO TIME LIMIT" in output()


class TestNothingIsLeft:
    """What `run` starts is gone when the command ends, however it ends."""

    @pytest.fixture
    def start(self, tmp_path):
        started = []

        def start(command):
            # The folder is this test's own, but below the usual one: Slurm's sockets need a short path.
            process = subprocess.Popen(
                [LABORATORY, "run", "1", "--", "bash", "-c", command],
                stdout=subprocess.PIPE, text=True, env={**os.environ, "SLURM_LAB_CPUS": "1"},
            )  # fmt: skip
            started.append(process)
            return process

        yield start
        for process in started:
            if process.poll() is None:
                process.terminate()
                process.wait(60)
            process.stdout.close()

    @staticmethod
    def members(configuration):
        """Processes with this slurm.conf; one that ended, and that nobody has waited for, has no environment."""
        marked = os.fsencode(f"SLURM_CONF={configuration}")
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if marked in (process / "environ").read_bytes().split(b"\0"):
                    found.append(process.name)
            except OSError:
                continue
        return found

    def is_gone(self, configuration):
        return not Path(configuration).parents[1].exists() and not self.members(configuration)

    def test_after_a_command_that_fails(self, start):
        process = start("echo $SLURM_CONF; sbatch -o /dev/null --wrap 'sleep 600' >/dev/null; sleep 600 & exit 7")
        configuration = process.stdout.readline().strip()
        assert process.wait(60) == 7
        assert configuration
        assert self.is_gone(configuration)

    def test_after_an_interruption(self, start):
        process = start("echo $SLURM_CONF; sleep 600")
        configuration = process.stdout.readline().strip()
        assert self.members(configuration)
        process.terminate()
        assert process.wait(60) == 128 + 15
        assert self.is_gone(configuration)

    def test_no_address_is_left(self, start):
        addresses = Path("/proc/net/fib_trie").read_text()
        assert start("true").wait(60) == 0
        assert Path("/proc/net/fib_trie").read_text() == addresses
