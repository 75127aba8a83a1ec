"""The stages of a training: one for each value of a curriculum, then the problem itself."""

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hpcpinn.run.setup import Setup
from hpcpinn.training.method import Method


@dataclass(frozen=True)
class Stage:
    """Steps in which one problem is trained: those after `begin` up to `end`.

    Attributes:
        begin: steps before it.
        end: steps after it.
        method: how its problem is trained.
    """

    begin: int
    end: int
    method: Method

    def stops(self, record: Sequence[int], step: int) -> list[int]:
        """Where to stop on the way from `step`: at recorded steps, and at the end if some of them come later."""
        own = [place for place in record if (self.begin < place or self.begin == place == 0) and place <= self.end]
        is_crossed = record[-1] > self.end > step if record else False
        return sorted({*own, self.end} if is_crossed else own)


def stages(cell: Setup, method: Method, steps: int) -> Iterator[Stage]:
    """The stages of a cell, in their order; `method` is that of its own problem."""
    every = cell.configuration.curriculum.every
    for k, problem in enumerate(cell.taught):
        objective = dataclasses.replace(method.objective, problem=problem)
        yield Stage(k * every, (k + 1) * every, dataclasses.replace(method, objective=objective))
    yield Stage(len(cell.taught) * every, steps, method)
