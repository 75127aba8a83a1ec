"""All contenders of a case in one process, turn by turn, so that a change of the machine's load meets all of them."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import jax
import numpy as np

from benchmarks.training import ours, plain
from benchmarks.training.case import Case, Record
from benchmarks.training.plain import Contender, Layers

OURS, TOGETHER, ONE_BY_ONE, VMAP = "hpcpinn", "together", "one after another", "vmap"
PLAIN = "plain loops one after another"
# Steps after which the parameters of all contenders are compared.
COMPARED = 10


@dataclass(frozen=True)
class Pace:
    """How long it takes.

    Attributes:
        turns: of every contender.
        seconds: of one turn, about.
    """

    turns: int
    seconds: float


def contenders(case: Case) -> dict[str, Contender]:
    """Everybody who trains the networks of a case, by name."""
    draw = jax.jit(lambda key: case.network.init(key, case.description))
    networks = [draw(key) for key in jax.random.split(jax.random.key(0), case.seeds)]
    if case.seeds == 1:
        loops = {way: plain.training(case, way, networks[0]) for way in plain.WAYS}
        return {OURS: ours.together(case, networks), **loops}
    return {
        PLAIN: _in_turn([plain.training(case, plain.FASTEST[case.problem], one) for one in networks]),
        ONE_BY_ONE: _in_turn([ours.together(case, [one]) for one in networks]),
        TOGETHER: ours.together(case, networks),
        VMAP: ours.mapped(case, networks),
    }


def _in_turn(each: Sequence[Contender]) -> Contender:
    """One network at a time, each by the program of a single network, which may use all cores."""

    def take(steps: int) -> None:
        for one in each:
            one.take(steps)

    return Contender(take, lambda: [layers for one in each for layers in one.read()])


def run(case: Case, pace: Pace) -> Iterator[Record]:
    """A record of every contender."""
    asked = contenders(case)
    for one in asked.values():
        one.take(COMPARED)
    reached = [one.read() for one in asked.values()]
    fastest = min(_timed(one, COMPARED) for one in asked.values()) / COMPARED
    turns = _turns(asked, pace.turns, max(1, round(pace.seconds / fastest)))
    for name, parameters in zip(asked, reached, strict=True):
        each = [seconds / case.seeds for seconds in turns[name]]
        yield Record(case, name, each, _difference(parameters, reached[0]))


def _turns(asked: dict[str, Contender], turns: int, steps: int) -> dict[str, list[float]]:
    """Seconds per step of every turn."""
    rounds = [[_timed(one, steps) / steps for one in asked.values()] for _ in range(turns)]
    return dict(zip(asked, map(list, zip(*rounds, strict=True)), strict=True))


def _timed(contender: Contender, steps: int) -> float:
    started = time.perf_counter()
    contender.take(steps)
    return time.perf_counter() - started


def _difference(found: list[Layers], expected: list[Layers]) -> float:
    pairs = zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True)
    return max(float(np.linalg.norm(a - b) / np.linalg.norm(b)) for a, b in pairs)
