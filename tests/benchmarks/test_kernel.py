"""The side-by-side benchmark runs, its contenders find the same kernel, and its tables say what was measured."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest


@pytest.fixture(scope="module")
def quick(root, tmp_path_factory):
    """The tables and the records of the quick run, without the peer and the seeds."""
    lines = tmp_path_factory.mktemp("benchmark") / "kernel.jsonl"
    command = [sys.executable, "-m", "benchmarks.kernel", "--quick", "--precision", "float64", "--lines", str(lines)]
    environment = os.environ | {"PYTHONPATH": str(root)}
    done = subprocess.run(
        [*command, "--contenders", "hpcpinn", "explicit"],
        cwd=root, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout, [json.loads(line) for line in lines.read_text(encoding="utf-8").splitlines()]


def test_the_explicit_jacobian_finds_the_kernel_of_the_package_in_every_way(quick):
    differences = {(r["contender"], r["variant"]): r["told"].get("difference") for r in quick[1]}
    del differences["GEMM", ""]
    assert differences.pop(("hpcpinn", "")) == 0
    assert set(differences) == {("explicit", way) for way in ("plain", "panels", "blocks")}
    assert max(differences.values()) < 64 * np.finfo(np.float64).eps
    assert all(differences.values())  # zero would be the same array twice


def test_every_contender_tells_its_times_and_its_memory(quick):
    for one in quick[1]:
        told = one["told"]
        assert told["platform"]
        if one["contender"] != "GEMM":
            assert min(told["seconds"]) > 0
            assert told["first"] > min(told["seconds"])
            assert told["peak_bytes"] > 2**20


def test_the_tables_have_a_row_for_the_case(quick):
    assert "### Time of a kernel, float64" in quick[0]
    assert any(line.startswith("| 8 | 16 | ") for line in quick[0].splitlines())
