"""`hpcpinn submit`."""

from typing import TYPE_CHECKING, Annotated

import typer

from hpcpinn.cli.arguments import Cluster, StoreOption, StudyFile

if TYPE_CHECKING:
    from hpcpinn.launch.slurm.studies import Request

DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the scripts instead of submitting them.")]


def submit(study: StudyFile, cluster: Cluster, store: StoreOption = None, dry_run: DryRun = False) -> None:
    """Hand what is missing of a study to Slurm, as job arrays, and return; safe to repeat.

    Tasks that jobs in the queue will do are left to them. A closing job submits again what the arrays have left.
    """
    from hpcpinn.launch.slurm import held, studies
    from hpcpinn.launch.slurm.reading import read_profile

    asked = studies.request(study, store, read_profile(cluster))
    if not dry_run and (released := held.release_all(asked.store)):
        print(f"{released} jobs are released that Slurm held because their launch had failed")
    elsewhere = len(asked.missing) - len(asked.tasks)
    if not asked.tasks:
        print(f"nothing to submit: {elsewhere} tasks are in the queue, {_done(asked)} are done")
    elif dry_run:
        for name, text in asked.prepared().scripts.items():
            print(f"==> {name}.sbatch <==\n{text}", end="")
    else:
        _submit(asked, elsewhere)


def _submit(asked: "Request", elsewhere: int) -> None:
    from hpcpinn.launch.slurm import studies

    submission = studies.submit(asked)
    if submission is None:
        return
    for array in submission.arrays:
        print(
            f"job {array.job}: {len(array.tasks)} tasks in {array.elements} elements, {array.memory // 2**20} MiB"
            f"{f', {array.gpus} GPUs' if array.gpus else ''}{f', {array.nodes} nodes' if array.nodes > 1 else ''}"
        )
    print(f"job {submission.closing}: closes submission {submission.number}")
    if elsewhere:
        print(f"{elsewhere} tasks are in the queue already")
    print(f"store: {asked.store}\n`hpcpinn status {asked.store}` says how far it is")


def _done(asked: "Request") -> int:
    return len(asked.plan.tasks) - len(asked.missing)
