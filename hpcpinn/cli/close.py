"""`hpcpinn close`."""

from hpcpinn.cli.arguments import StoreFolder
from hpcpinn.cli.work import Number


def close(store: StoreFolder, number: Number) -> None:
    """Submit again what the arrays of a submission have left, or say what has come of it: what its last job runs."""
    from hpcpinn.launch.slurm import closing
    from hpcpinn.run import session

    path = store.absolute()
    print(closing.close(path, number, session.plan_of(session.study_of(path))).summary)
