import os
import signal
import time

import pytest

from hpcpinn.launch.slurm.notice import Notice
from hpcpinn.run import interruption


@pytest.fixture(autouse=True)
def signals():
    """Handlers as they were, and no wish to stop."""
    before = {number: signal.getsignal(number) for number in (signal.SIGUSR1, signal.SIGTERM, signal.SIGINT)}
    interruption.clear()
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
    interruption.clear()


@pytest.fixture
def listen():
    made = []

    def begin(left, warning=60, can_preempt=False):
        made.append(Notice(time.time() + left, warning, can_preempt))
        made[-1].listen()
        return made[-1]

    yield begin
    for notice in made:
        notice.deafen()


@pytest.mark.parametrize(
    ("left", "number", "can_preempt", "reason"),
    [
        (100, signal.SIGUSR1, False, "walltime"),
        (100, signal.SIGUSR1, True, "walltime"),  # a minute early, as Slurm may
        (1000, signal.SIGUSR1, True, "preempted"),
        (1000, signal.SIGUSR1, False, "walltime"),
        (1000, signal.SIGTERM, True, "preempted"),
        (1000, signal.SIGTERM, False, "cancelled"),
        (1000, signal.SIGINT, False, "cancelled"),
    ],
)
def test_a_signal_leaves_word(listen, left, number, can_preempt, reason):
    listen(left, can_preempt=can_preempt)
    assert interruption.requested() is None
    os.kill(os.getpid(), number)
    assert interruption.requested() == reason


def test_the_clock_warns_where_slurm_does_not(listen):
    listen(0.3, warning=0.2)
    deadline = time.monotonic() + 10
    while interruption.requested() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert interruption.requested() == "walltime"


def test_usable_time_ends_with_the_warning(listen):
    notice = listen(1000, warning=60)
    assert notice.left == pytest.approx(1000, abs=5)
    assert notice.usable == pytest.approx(940, abs=5)


def test_nothing_is_heard_after_the_end(listen):
    listen(1000).deafen()
    for number in (signal.SIGUSR1, signal.SIGTERM, signal.SIGINT):
        os.kill(os.getpid(), number)
    assert interruption.requested() is None
