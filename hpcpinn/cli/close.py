"""`hpcpinn close`."""

from typing import Annotated

import typer

from hpcpinn.cli import answer
from hpcpinn.cli.arguments import StoreFolder

Number = Annotated[int, typer.Option("--submission", metavar="N", help="Number of the submission.")]


def close(store: StoreFolder, number: Number) -> None:
    """Submit again what the arrays of a submission have left, or say what has come of it: what its last job runs.

    When no task is missing any more, the tables of the study are printed and its figure is drawn.
    """
    from hpcpinn.launch.slurm import closing
    from hpcpinn.run import session
    from hpcpinn.store import ledger

    path = store.absolute()
    plan = session.plan_of(session.study_of(path))
    print(closing.close(path, number, plan).summary, flush=True)
    if ledger.done(path).issuperset(task.id for task in plan.tasks):
        answer.show(path)
