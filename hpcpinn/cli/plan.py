"""`hpcpinn plan`."""

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from hpcpinn.cli.arguments import ClusterOption, StoreOption, StudyFile
from hpcpinn.cli.spans import about

if TYPE_CHECKING:
    from hpcpinn.launch.planning import Planned
    from hpcpinn.plan.arrays import JobArray
    from hpcpinn.plan.classes import ResourceClass


def plan(study: StudyFile, store: StoreOption = None, cluster: ClusterOption = None) -> None:
    """Say what a study would run and cost, here or on a cluster; refuses what does not fit. Nothing is written."""
    from hpcpinn.launch.planning import plan_study
    from hpcpinn.launch.slurm.reading import read_profile

    planned = plan_study(study, store, read_profile(cluster) if cluster is not None else None)
    plan, total = planned.plan, planned.plan.total
    print(f"study      {plan.name}, {plan.identity}")
    if plan.study.preset:
        print(f"preset     {plan.study.preset}; the store keeps its keys in the text of the study")
    print(f"store      {planned.store}{', with more than this study asks for' if planned.beyond else ''}")
    axes = ", ".join(f"{axis.name} {len(axis.values)}" for axis in plan.axes)
    print(f"cells      {planned.cells} ({axes})")
    print(f"tasks      {len(plan.tasks)}, {planned.missing} missing, up to {plan.seeds_per_task} seeds each")
    rows = Counter(point.rows for point in plan.points)
    print(f"kernel     {', '.join(str(count) for count in rows)} rows, {len(plan.steps)} recorded steps")
    print(f"operations {total.flops:.3g} FLOP")
    print(f"memory     {total.peak_bytes / 2**20:.0f} MiB for the largest task")
    print(f"disk       {total.bytes / 2**20:.0f} MiB in {total.files} files, before compression")
    _show_time(planned)


def _show_time(planned: "Planned") -> None:
    if not planned.missing:
        print("time       none, nothing is missing")
        return
    if planned.arrays:
        print(f"time       about {about(planned.seconds)} on the cluster, once its elements run")
        _show_arrays(planned.arrays)
    else:
        print(f"time       about {about(planned.seconds)} on this machine with one worker")
        _show_classes(planned.classes)


def _show_arrays(arrays: "Iterable[JobArray]") -> None:
    """What `hpcpinn submit` would ask Slurm for."""
    print("arrays        tasks  elements  at once  nodes  GPUs   memory  longest task  time limit")
    for one in arrays:
        needs = one.resources
        memory = f"{needs.memory / 2**30:.3g} GiB"
        print(
            f"           {len(one.forecasts):8}  {one.elements:8}  {one.throttle:7}  {needs.nodes:5}  {needs.gpus:4}  "
            f"{memory:>7}  {about(needs.longest):>12}  {about(one.seconds):>10}"
        )


def _show_classes(classes: "Iterable[ResourceClass]") -> None:
    """What one task of each class asks for, when it is a job of its own."""
    print("classes       tasks  GPUs   memory  longest task")
    for one in classes:
        memory = f"{one.memory // 2**30} GiB"
        print(f"           {len(one.tasks):8}  {one.gpus:4}  {memory:>7}  {about(one.longest):>12}")
