"""`hpcpinn close`."""

from typing import Annotated

import typer

from hpcpinn.cli.arguments import StoreFolder

Number = Annotated[int, typer.Option("--submission", metavar="N", help="Number of the submission.")]


def close(store: StoreFolder, number: Number) -> None:
    """Submit again what the arrays of a submission have left, or say what has come of it: what its last job runs."""
    from hpcpinn.launch.slurm import closing
    from hpcpinn.run import session

    path = store.absolute()
    print(closing.close(path, number, session.plan_of(session.study_of(path))).summary)
