"""The Slurm of tests/launch/slurm/fake answers in the form that a real one answers in."""

import re
import subprocess

import pytest

from tests.launch.slurm.fake.control import FakeSlurm, path

SCRIPT = """#!/bin/bash
#SBATCH --job-name="two words"
#SBATCH --output=/dev/null --time=90
#SBATCH --array=0-3%2
sleep 600
"""
HOLD = ["--hold"]
COLUMNS = "%i|%F|%K|%A|%T|%r|%N|%j|%l|%M|%P|%t"


@pytest.fixture
def both(tmp_path, monkeypatch):
    """Call the real commands and the fake ones: status, output and errors of each."""
    fake = FakeSlurm(tmp_path / "fake")

    def call(*words, text=None):
        command, options = list(map(str, words)), {"input": text, "timeout": 60, "cwd": tmp_path}
        outcome = subprocess.run(command, capture_output=True, text=True, check=False, **options)
        return outcome.returncode, outcome.stdout, outcome.stderr

    def both(*words, text=None):
        real = call(*words, text=text)
        with monkeypatch.context() as patch:
            patch.setenv("PATH", path([fake.bin]))
            return real, call(*words, text=text)

    return both


@pytest.fixture
def form():
    """Answers with every job number as N."""
    return lambda answer: (answer[0], *(re.sub(r"\b\d+(?=[_|\s]|$)", "N", text) for text in answer[1:]))


@pytest.mark.parametrize("options", [[], ["--parsable"], ["--quiet"]])
def test_sbatch_says_the_number(both, form, options):
    real, fake = both("sbatch", *HOLD, *options, text=SCRIPT)
    assert form(real) == form(fake)
    assert real[0] == 0


@pytest.mark.parametrize(
    "options",
    [
        ["--array=0-100000"],
        ["--array=3-1"],
        ["--nosuchoption"],
        ["--partition=nosuch"],
        ["--signal=B:NOSUCH@3"],
        ["--signal=B:USR1@70000"],
        ["--time=soon"],
        ["nosuch.sh"],
    ],
)
def test_sbatch_refuses_in_the_same_words(both, options):
    real, fake = both("sbatch", *options, text=SCRIPT)
    assert real[0] != 0
    assert real == fake


@pytest.mark.parametrize(
    "text",
    [
        "echo\n",
        "#!/bin/sh\r\n",
        "#!/bin/sh\n#SBATCH --output=a\\ b.log\n",
        '#!/bin/sh\n#SBATCH --job-name="a\n',
        "#!/bin/sh\n#SBATCH --nosuchoption=3\n",
    ],
)
def test_a_script_is_refused_in_the_same_words(both, text):
    real, fake = both("sbatch", text=text)
    assert real[0] != 0
    assert real == fake


@pytest.mark.parametrize(
    "line",
    ['"a b"', "'c d'", "e\\\\f", '"\\"g\\" h"', "i#j", '"k # l"', "'$(m) `n`'", "o%j", "p --comment=q", '"r\\s"'],
)
def test_a_value_is_read_alike(both, line):
    script = f"#!/bin/sh\n#SBATCH --hold\n#SBATCH --job-name={line}\ntrue\n"
    numbers = [answer[1].strip() for answer in both("sbatch", "--parsable", text=script)]
    names = [answer[1] for number in numbers for answer in both("squeue", "-h", "-j", number, "-o", "%j")]
    assert names[0] == names[-1] != ""


@pytest.mark.parametrize(
    "words",
    [
        ["squeue", "-h", "-o", COLUMNS],
        ["squeue", "-h", "-r", "-t", "PENDING,RUNNING", "-o", COLUMNS],
        ["squeue", "-h", "-t", "PD,R", "-o", "%.12T|%12r|%.3j|%1t|%5t|"],
        ["squeue", "-o", COLUMNS],
        ["squeue", "-h", "-j", "999998,999999"],
        ["squeue", "-j", "999999"],
        ["scontrol", "show", "job", "999999"],
        ["scontrol", "requeue", "999999"],
        ["scancel", "999999"],
        ["scancel", "wrong"],
        ["squeue", "--version"],
        ["sacct"],
    ],
)
def test_the_other_commands_answer_in_the_same_form(both, form, words):
    both("sbatch", *HOLD, text=SCRIPT)
    both("scancel", "999999")
    real, fake = both(*words)
    assert form(real) == form(fake)
