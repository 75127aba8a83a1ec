"""`hpcpinn work`."""

from typing import Annotated

import typer

from hpcpinn.cli.arguments import StoreFolder

Number = Annotated[int, typer.Option("--submission", metavar="N", help="Number of the submission.")]
Place = Annotated[int, typer.Option("--array", metavar="K", help="Which of its arrays.")]
Ends = Annotated[float, typer.Option("--ends", metavar="SECONDS", help="When the job is ended, since the epoch.")]
Meeting = Annotated[
    str | None, typer.Option("--coordinator", metavar="HOST:PORT", help="Where the processes of one task meet.")
]


def work(store: StoreFolder, number: Number, array: Place, ends: Ends, coordinator: Meeting = None) -> None:
    """Do tasks of a job array until nothing is left: what the scripts of `hpcpinn submit` run."""
    from hpcpinn.launch.slurm.worker import Element, run_element

    leaving = run_element(Element(store.absolute(), number, array, ends, coordinator))
    print(f"{leaving.done} tasks done, {leaving.failed} failed")
    if leaving.reason:
        raise typer.Exit(75)
