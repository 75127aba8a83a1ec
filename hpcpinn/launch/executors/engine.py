"""What the driver needs of a kind of executor."""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass


def _nothing() -> None:
    """Stop nothing."""


@dataclass(frozen=True)
class Pool:
    """An executor that is running, and how to end it without waiting for the work in it."""

    executor: Executor
    stop: Callable[[], None] = _nothing


@dataclass(frozen=True)
class Engine:
    """A kind of executor: how many tasks it works on at once, and how to start one, again after it broke."""

    name: str
    workers: int
    start: Callable[[], Pool]
