"""What was measured where, when and with which versions: the paragraph above the tables."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from benchmarks.kernel.record import GEMM, Record
from hpcpinn.run import memory

PEER = "neural-tangents"


def paragraph(records: Sequence[Record]) -> str:
    """The machine of this process and the versions that the contenders told."""
    gemm = next(record.told for record in records if record.contender == GEMM)
    peer = next((record.told for record in records if record.contender == PEER and record.told), None)
    ours = f"hpcpinn {metadata.version('hpcpinn')}, jax {gemm['jax']}, numpy {gemm['numpy']}"
    theirs = f"{PEER} {peer['neural_tangents']} with jax {peer['jax']}" if peer else f"without {PEER}"
    device = cpu() if gemm["platform"] == "cpu" else f"{gemm['device']}, {gemm['memory_bytes'] / 2**30:.0f} GiB for JAX"
    return f"{device}; {ours}; {theirs}; {datetime.now(UTC):%d %B %Y}.\n"


def cpu() -> str:
    """The processor of this machine, its cores and its memory."""
    cores = len(os.sched_getaffinity(0))
    return f"{_model()}, {cores} cores, {memory.machine_bytes() / 2**30:.0f} GiB, no GPU"


def _model() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else os.uname().machine
