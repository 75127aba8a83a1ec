"""The batch job that a process belongs to, as Slurm tells it in the environment."""

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Job:
    """A run of a job.

    Attributes:
        id: of the job or of the element of an array, as every command of Slurm takes it: "12" or "12_3".
        run: how often it was requeued before.
        node: the name of the (first) node.
    """

    id: str
    run: int
    node: str

    @property
    def facts(self) -> dict[str, Any]:
        """What a record says about the job."""
        return asdict(self)


def job(environment: Mapping[str, str] = os.environ) -> Job | None:
    """The job around this process; None outside of any.

    >>> job({"SLURM_JOB_ID": "15", "SLURM_ARRAY_JOB_ID": "12", "SLURM_ARRAY_TASK_ID": "3", "SLURMD_NODENAME": "n1"})
    Job(id='12_3', run=0, node='n1')
    """
    own = environment.get("SLURM_JOB_ID", "")
    if not own:
        return None
    array, index = environment.get("SLURM_ARRAY_JOB_ID", ""), environment.get("SLURM_ARRAY_TASK_ID", "")
    restarts = environment.get("SLURM_RESTART_COUNT", "0")
    return Job(
        id=f"{array}_{index}" if array and index else own,
        run=int(restarts) if restarts.isdecimal() else 0,
        node=environment.get("SLURMD_NODENAME", ""),
    )
