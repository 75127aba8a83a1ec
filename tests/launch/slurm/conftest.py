"""A Slurm that only keeps a list; what a real one does is in tests/cluster."""

import pytest

from tests.launch.slurm.fake.control import FakeSlurm, path


@pytest.fixture
def fake_slurm(tmp_path, monkeypatch):
    """sbatch, squeue, scancel, scontrol and sinfo on PATH, for this process and those it starts: see `FakeSlurm`."""
    fake = FakeSlurm(tmp_path / "fake_slurm")
    monkeypatch.setenv("PATH", path([fake.bin]))
    for name in ("SLURM_CONF", "SLURM_JOB_ID"):
        monkeypatch.delenv(name, raising=False)
    return fake
