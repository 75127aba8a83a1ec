"""`hpcpinn plan`."""

from collections import Counter

from hpcpinn.cli.arguments import StoreOption, StudyFile


def plan(study: StudyFile, store: StoreOption = None) -> None:
    """Say what a study would run and cost; refuses what does not fit here. Nothing is written."""
    from hpcpinn.launch.planning import plan_study

    planned = plan_study(study, store)
    plan, total = planned.plan, planned.plan.total
    print(f"study      {plan.name}, {plan.identity}")
    print(f"store      {planned.store}")
    axes = ", ".join(f"{axis.name} {len(axis.values)}" for axis in plan.axes)
    print(f"cells      {planned.cells} ({axes})")
    print(f"tasks      {len(plan.tasks)}, {planned.missing} missing, up to {plan.seeds_per_task} seeds each")
    rows = Counter(point.rows for point in plan.points)
    print(f"kernel     {', '.join(str(count) for count in rows)} rows, {len(plan.steps)} recorded steps")
    print(f"operations {total.flops:.3g} FLOP, {planned.seconds:.3g} s of this machine at the rate of a matrix product")
    print(f"memory     {total.peak_bytes / 2**20:.0f} MiB for the largest task")
    print(f"disk       {total.bytes / 2**20:.0f} MiB in {total.files} files, before compression")
