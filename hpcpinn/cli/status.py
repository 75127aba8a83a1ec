"""`hpcpinn status`."""

from hpcpinn.cli import failures, pace
from hpcpinn.cli.arguments import StoreFolder


def status(store: StoreFolder) -> None:
    """Say what of a study is done, running, failed and waiting, from its store alone."""
    from hpcpinn.store import ledger, roll
    from hpcpinn.store.store import open_store

    opened = open_store(store)
    tasks = roll.read(opened.path)
    state = ledger.status(opened.path, (task.id for task in tasks))
    parts = {"done": state.done, "running": state.running, "failed": state.failed, "waiting": state.waiting}
    total = sum(projected.flops for projected in tasks.values())
    print(f"{opened.study_name}: {len(tasks)} tasks, {sum(task.count for task in tasks if task.is_first)} runs")
    for name, ids in parts.items():
        flops = sum(projected.flops for task, projected in tasks.items() if task.id in ids)
        runs = sum(task.count for task in tasks if task.id in ids)
        print(f"  {name:8} {len(ids):8} tasks {runs:8} runs  {flops / total:6.1%} of the operations")
    pace.show(opened.path, tasks, state.done)
    failures.show(ledger.failures(opened.path), opened.path)
    if state.failed or state.waiting:
        print("`hpcpinn run STUDY` with the study of this store runs what is missing.")
