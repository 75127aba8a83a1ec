"""An executor around another one, whose futures end in the way of a pool of processes when workers are lost."""

import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from typing import Any

Translated = Callable[[BaseException], BaseException]


class Watched(Executor):
    """Hand calls to an executor; whoever notices that its workers are gone ends all of its futures."""

    def __init__(self, executor: Executor, translated: Translated = lambda error: error) -> None:
        """Hand on to an executor, and translate the exceptions that come back from it."""
        self._executor, self._translated = executor, translated
        self._lock = threading.Lock()
        self._inside: set[Future] = set()
        self._reason = ""

    @property
    def is_idle(self) -> bool:
        """Whether nothing is at work and nobody is lost."""
        return not self._inside and not self._reason

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future:
        """Hand on a call.

        Raises:
            BrokenExecutor: its workers are gone.
        """
        outer: Future = Future()
        outer.set_running_or_notify_cancel()
        with self._lock:
            if self._reason:
                raise BrokenExecutor(self._reason)
            self._inside.add(outer)
        inner = self._executor.submit(fn, *args, **kwargs)
        inner.add_done_callback(lambda inner: self._settle(outer, inner))
        return outer

    def break_off(self, reason: str) -> None:
        """End everything that is under way: the workers are gone."""
        with self._lock:
            self._reason = reason
            inside = list(self._inside)
        for outer in inside:
            self._end(outer, BrokenExecutor(reason), None)

    def _settle(self, outer: Future, inner: Future) -> None:
        if inner.cancelled():
            return self._end(outer, BrokenExecutor("the connection to the workers was lost"), None)
        error = inner.exception()
        if error is None:
            return self._end(outer, None, inner.result())
        return self._end(outer, self._translated(error), None)

    def _end(self, outer: Future, error: BaseException | None, result: Any) -> None:
        with self._lock:
            if outer not in self._inside:
                return
            self._inside.remove(outer)
        if error is None:
            outer.set_result(result)
        else:
            outer.set_exception(error)
