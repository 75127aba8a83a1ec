"""What happens to jobs on a cluster, at random moments, to running elements of a study."""

import random
import time
from collections import Counter
from collections.abc import Callable

from tests.cluster.laboratory import Laboratory


class Weather:
    """Breaks a cluster in every way in turn; `seen` counts what has hit a running element."""

    def __init__(self, cluster: Laboratory, seed: int):
        self.cluster, self.random, self.seen = cluster, random.Random(seed), Counter()
        self.ways: dict[str, Callable[[str, str], None]] = {
            "preempted": lambda element, node: self.preempt(node),
            "requeued": lambda element, node: self.order("requeue", element),
            "cancelled": lambda element, node: cluster.run("scancel", element, check=False),
            "node down": lambda element, node: self.down(node),
            "slurmd killed": lambda element, node: self.lose(node),
        }

    def forecast(self, rounds: int) -> list[str]:
        """Every way so many times, in random order."""
        ways = [*self.ways] * rounds
        self.random.shuffle(ways)
        return ways

    def blow(self, name: str) -> bool:
        """Do this to a running element of an array; whether there was one."""
        running = [job for job in self.cluster.squeue() if job["state"] == "RUNNING" and job["index"].isdigit()]
        if not running:
            return False
        hit = self.random.choice(running)
        time.sleep(self.random.uniform(0, 2))
        self.ways[name](hit["id"], hit["node"])
        self.seen[name] += 1
        return True

    def order(self, *words: str) -> None:
        self.cluster.scontrol(*words, check=False)

    def preempt(self, node: str) -> None:
        self.cluster.preempt(2, [node])

    def down(self, node: str) -> None:
        self.cluster.node_down(node)
        time.sleep(3)
        self.cluster.node_resume(node)

    def lose(self, node: str) -> None:
        """The daemon is gone and its job goes on: Slurm starts it again elsewhere, and there are two."""
        self.cluster.kill_slurmd(node)
        self.cluster.wait_for(lambda: "*" in self.cluster.node_state(node), seconds=60)
        self.cluster.restart_slurmd(node)
        self.cluster.node_resume(node)
