"""The driver: one loop that hands tasks to any executor until none is missing."""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait

from hpcpinn import errors
from hpcpinn.launch import work
from hpcpinn.launch.executors.engine import Deadly, Engine, Pool
from hpcpinn.launch.queue import Queue
from hpcpinn.plan.tasks import Task
from hpcpinn.run import interruption
from hpcpinn.run.session import Session
from hpcpinn.run.task import Outcome
from hpcpinn.store import attempts, ledger

_POLL_SECONDS = 1.0
# A worker that dies twice with one task alone in it dies of that task.
_STRIKES = 2
# Workers that were asked to stop as well are given so long to save; a job is warned 120 s before it is killed.
_GRACE_SECONDS = 60.0


class Driver:
    """Hand out tasks, take in outcomes, and start the executor again when a worker was lost.

    A lost worker breaks the whole pool, and the tasks that were in it are suspects. Suspects run one at a time
    afterwards, so that a task which kills its worker is found and failed by its name, and the others go on.

    A task that was stopped stops the run: no other is handed out, those under way are given a minute to stop or to end,
    and the run ends as interrupted. So it does when this process is asked to stop: the workers are told.
    """

    def __init__(self, session: Session, engine: Engine, report: Callable[[Outcome], None]) -> None:
        """Prepare to run the tasks of a session on an engine."""
        self._session = session
        self._engine = engine
        self._report = report
        self._suspects: list[Task] = []
        self._strikes: dict[str, int] = {}
        self._stopped: str | None = None
        self._peaks = {
            task.id: cost.peak_bytes for task, cost in zip(session.plan.tasks, session.plan.costs, strict=True)
        }
        self._deadline = float("inf")

    def run(self, tasks: Iterable[Task]) -> None:
        """Run the tasks to their end; an interrupt stops the workers at once and is passed on.

        Raises:
            Interrupted: a task was stopped, and what is left waits for another run.
        """
        waiting = list(tasks)
        queue = Queue(self._session.store.path, waiting)
        largest = max((self._peaks[task.id] for task in waiting), default=0)
        while len(queue) or self._suspects:
            pool = self._engine.start(largest)
            try:
                self._drain(pool, queue)
                self._leave_if_stopped()
            except BaseException:
                pool.stop()
                raise
            pool.stop()

    def _drain(self, pool: Pool, queue: Queue) -> None:
        """Work until nothing is left, a task was stopped, or the pool breaks."""
        inside: dict[Future, Task] = {}
        while (len(queue) or self._suspects or inside) and not self._is_over(inside):
            self._listen(pool)
            try:
                self._fill(pool, queue, inside)
            except BrokenExecutor:
                return self._lost(inside)
            if not inside:
                time.sleep(_POLL_SECONDS)
            finished, _ = wait(inside, timeout=_POLL_SECONDS, return_when=FIRST_COMPLETED)
            if any(isinstance(future.exception(), BrokenExecutor) for future in finished):
                return self._lost(inside)
            for future in finished:
                self._take_in(future, inside.pop(future))
            for task in queue.finished_elsewhere() if not inside else ():
                self._report(Outcome(task, "done", 0.0))
        return None

    def _listen(self, pool: Pool) -> None:
        """Tell the workers when this process is asked to stop."""
        if self._stopped is None and (reason := interruption.requested()):
            self._stop(reason)
            pool.tell(reason)

    def _stop(self, reason: str) -> None:
        if self._stopped is None:
            self._stopped, self._deadline = reason, time.monotonic() + _GRACE_SECONDS

    def _is_over(self, inside: dict[Future, Task]) -> bool:
        return self._stopped is not None and (not inside or time.monotonic() > self._deadline)

    def _leave_if_stopped(self) -> None:
        if self._stopped:
            raise errors.Interrupted(
                f"stopped ({self._stopped}); what is done is safe. Run the same command again to complete it."
            )

    def _fill(self, pool: Pool, queue: Queue, inside: dict[Future, Task]) -> None:
        if self._stopped:
            return
        while self._suspects and not inside:
            self._submit(pool, self._suspects[0], inside)
            self._suspects.pop(0)
        while not self._suspects and not self._is_alone(inside) and len(inside) < self._room(pool):
            task = queue.take()
            if task is None:
                return
            self._submit(pool, task, inside)

    def _room(self, pool: Pool) -> int:
        return self._engine.workers if pool.room is None else pool.room()

    def _is_alone(self, inside: dict[Future, Task]) -> bool:
        return any(task.id in self._strikes for task in inside.values())

    def _submit(self, pool: Pool, task: Task, inside: dict[Future, Task]) -> None:
        session = self._session
        options = pool.options(self._peaks[task.id])
        inside[pool.executor.submit(work.perform, session.study, session.store.path, task, **options)] = task

    def _take_in(self, future: Future, task: Task) -> None:
        self._strikes.pop(task.id, None)
        if isinstance(deadly := future.exception(), Deadly):
            return self._give_up(task, str(deadly))
        outcome = future.result()
        if outcome.state == "stopped":
            self._stop(outcome.reason)
        return self._report(outcome)

    def _lost(self, inside: dict[Future, Task]) -> None:
        """The pool broke: what had finished counts, the others are suspects, and a lone one gets a strike."""
        for future in [future for future in inside if future.done() and future.exception() is None]:
            self._take_in(future, inside.pop(future))
        for task in inside.values():
            self._strikes[task.id] = self._strikes.get(task.id, 0) + (len(inside) == 1)
            if self._strikes[task.id] < _STRIKES:
                self._suspects.append(task)
            else:
                self._give_up(task, f"its worker was killed {_STRIKES} times while it ran alone")

    def _give_up(self, task: Task, what: str) -> None:
        reason = f"{what}; most likely it needs more memory than there is"
        ledger.fail(self._session.store.path, attempts.begin(task.id), reason)
        self._report(Outcome(task, "failed", 0.0, reason))
