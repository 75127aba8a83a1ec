import pytest

from hpcpinn.errors import PlanError
from hpcpinn.plan.refusal import GIB, refuse

PLENTY = 2**60


@pytest.fixture(scope="module")
def wide(plan):
    return plan(width="[8, 65536]", depth="[3]", rest="")


def test_what_fits_is_not_refused(wide):
    refuse(wide, memory=wide.total.peak_bytes, disk=wide.total.bytes)


def test_memory_is_refused_with_the_cell_the_numbers_and_what_to_lower(wide):
    needs = f"{wide.total.peak_bytes / GIB:.2f} GiB"
    with pytest.raises(
        PlanError, match=rf"network.width 65536.*needs {needs}.*1.00 GiB are allowed.*Lower `network.width`"
    ):
        refuse(wide, memory=GIB, disk=PLENTY)


@pytest.mark.parametrize(
    ("parts", "advice"),
    [
        ({"points": "residual = 40000\nboundary = 2", "rest": "[kernel]\ntile = 64\nkeep = 'none'"}, r"\[points\]"),
        ({"points": "residual = 9000\nboundary = 2", "rest": "[kernel]\ntile = 9002\nkeep = 'none'"}, "kernel.tile"),
        ({"width": "[20000]", "rest": "[network]", "sweep": ""}, r"\[points\]|network.width"),
        ({}, "more memory per task"),
    ],
)
def test_the_advice_is_about_the_largest_part(plan, parts, advice):
    with pytest.raises(PlanError, match=advice):
        refuse(plan(**parts), memory=1, disk=PLENTY)


def test_a_full_disk_is_refused_with_the_numbers(plan):
    planned = plan()
    with pytest.raises(PlanError, match=r"0.00\d GiB and 0.000 GiB are free.*--store"):
        refuse(planned, memory=PLENTY, disk=1)


def test_what_is_done_needs_nothing_more(plan, wide):
    refuse(wide, memory=GIB, disk=PLENTY, tasks=[task for task in wide.tasks if task.cell == (0, 0)])
    refuse(plan(), memory=0, disk=0, tasks=[])
