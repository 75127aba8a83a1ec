"""Wang, Yu and Perdikaris, arXiv 2007.14527, figures 2a and 2b: the study of jobs/papers, run as it is.

The reference was computed independently of this package, from derivatives in closed form, with 4 seeds of its own. Not
covered: frequencies other than 1 and the standard parametrisation, whose exponents are others.
"""

import fcntl
import io
import os
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

import hpcpinn
from hpcpinn.results import scaling
from hpcpinn.results.printing import print_tables

pytestmark = pytest.mark.long

STUDY = Path(__file__).resolve().parents[2] / "jobs" / "papers" / "wang2020_poisson_width.toml"

# width: mean and standard deviation over 4 seeds, NTK parametrisation
REFERENCE = {
    "kernel drift": {10: (0.78, 0.25), 100: (0.41, 0.18), 500: (0.102, 0.030)},
    "parameter drift": {10: (0.343, 0.06), 100: (0.120, 0.014), 500: (0.054, 0.008)},
    "largest eigenvalue": {10: (2.9e4, 1.6e4), 100: (1.45e4, 0.48e4), 500: (1.13e4, 0.11e4)},
    "trace of the boundary block": {10: (290, 26), 100: (272, 20), 500: (262, 11)},
    "trace of the residual block": {10: (5.9e4, 3.6e4), 100: (3.9e4, 1.1e4), 500: (3.96e4, 0.19e4)},
}
REFERENCE_SEEDS = 4


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """One store for all workers of pytest-xdist: the first runs the study, the others wait and find it done."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    with (shared / "wang2020.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        completion = hpcpinn.run_study(STUDY, shared / "wang2020.zarr", on="processes")
    assert completion.missing == 0
    return hpcpinn.open_study(completion.store)


@pytest.fixture(scope="module")
def measured(study):
    start, end = study.isel(step=0, depth=0), study.isel(step=-1, depth=0)
    return {
        "kernel drift": end["kernel_drift"],
        "parameter drift": end["parameter_drift"],
        "largest eigenvalue": start["eigenvalue"].sel(block="all").isel(mode=0),
        "trace of the boundary block": start["trace"].sel(block="boundary"),
        "trace of the residual block": start["trace"].sel(block="residual"),
    }


def deviation(values, reference):
    """The difference of the means over its standard error, both samples counted."""
    mean, spread = reference
    error = np.hypot(values.std(ddof=1) / np.sqrt(len(values)), spread / np.sqrt(REFERENCE_SEEDS))
    return (values.mean() - mean) / error


def test_the_study_is_the_published_one(study):
    assert study["width"].values.tolist() == [10, 100, 500]
    assert study.sizes["seed"] >= 10
    assert study["step"].values[-1] == 10_000
    assert study["term"].values.tolist() == ["residual"] * 100 + ["boundary"] * 100
    assert (study["status"] == "done").all()


def test_means_agree_with_the_reference_within_two_standard_errors(measured):
    found = {
        (name, width): deviation(measured[name].sel(width=width).values, reference)
        for name, by_width in REFERENCE.items()
        for width, reference in by_width.items()
    }
    assert len(found) == 15
    outside = {where: round(float(z), 2) for where, z in found.items() if not abs(z) <= 2}
    assert outside == {}


@pytest.mark.parametrize("name", ["kernel drift", "parameter drift"])
def test_training_moves_wider_networks_less(measured, name):
    law = scaling(measured[name])
    assert law.exponent < 0
    assert law.low <= law.exponent <= law.high < 0  # 95 %, over seeds
    assert law.over == (10, 100, 500)


def test_exponents_are_printed_with_their_intervals(study, measured):
    text = io.StringIO()
    print_tables(study, Console(file=text, width=250))
    for name in ("kernel drift", "parameter drift"):
        (line,) = (line for line in text.getvalue().splitlines() if "N^" in line and line.strip().startswith(name))
        assert str(scaling(measured[name])) in line


def test_fifty_boundary_points_at_either_end_have_rank_two(study):
    spectrum = study["eigenvalue"].sel(block="boundary").isel(mode=slice(0, 100))
    floor = study["noise_floor"].sel(block="boundary")
    assert ((np.abs(spectrum) > floor).sum("mode") == 2).all()


def test_the_learning_rate_is_far_below_the_stability_edge(study):
    """Otherwise the drift of the kernel would not be that of gradient flow."""
    assert float(study["stability"].max()) < 0.1
    assert (study["loss"].sum("term").isel(step=-1) < study["loss"].sum("term").isel(step=0)).all()
