"""`hpcpinn cancel`."""

from hpcpinn.cli.arguments import StoreFolder


def cancel(store: StoreFolder) -> None:
    """Cancel all jobs of a study; what is done stays, and `hpcpinn submit` goes on with the rest."""
    from hpcpinn.launch.slurm import studies
    from hpcpinn.store.store import open_store

    jobs = studies.cancel(open_store(store).path.absolute())
    print(f"cancelled: {', '.join(jobs)}" if jobs else "nothing to cancel: no submission of this store is open")
