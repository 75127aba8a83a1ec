from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpcpinn.plan.arrays import MARGIN, MOST_ARRAYS, Site, job_arrays, time_limit
from hpcpinn.plan.classes import Node, classes
from hpcpinn.plan.forecast import forecasts
from hpcpinn.plan.memory import GIB
from hpcpinn.plan.plan import make_plan
from tests.plan.conftest import RATES
from tests.plan.test_classes import made

DAY = 86400
SITE = Site(target=3600, longest=DAY, warning=120, array_size=1000, running=100, submitted=999)
PAIRS = st.lists(st.tuples(st.sampled_from([1, 3 * GIB, 90 * GIB]), st.floats(0.1, 1e5)), min_size=1, max_size=60)
SITES = st.builds(
    Site,
    target=st.integers(1, 7200),
    longest=st.integers(7200, 10 * DAY),
    warning=st.integers(1, 3600),
    array_size=st.integers(1, 40),
    running=st.integers(1, 60),
    submitted=st.integers(1, 60),
)
NODES = st.builds(Node, st.just(64 * GIB), st.integers(0, 8), st.just(16 * GIB), st.integers(1, 8))


def arrays(pairs, site=SITE, node=None):
    return job_arrays(classes(made(pairs), node), site)


@given(PAIRS, SITES, NODES)
def test_every_task_is_in_one_array(pairs, site, node):
    found = Counter(forecast.task.id for array in arrays(pairs, site, node) for forecast in array.forecasts)
    assert found == Counter(forecast.task.id for forecast in made(pairs))


@given(PAIRS, SITES, NODES)
def test_what_the_site_allows_is_kept(pairs, site, node):
    found = arrays(pairs, site, node)
    assert 1 <= len(found) <= MOST_ARRAYS
    kinds = len(classes(made(pairs), node))
    assert sum(array.elements for array in found) <= max(site.submitted, kinds)
    for array in found:
        assert 1 <= array.elements <= min(site.array_size, len(array.forecasts))
        assert 1 <= array.throttle <= array.elements
        longest = max(forecast.alone for forecast in array.forecasts)
        assert min(site.longest, longest + site.warning) <= array.seconds <= site.longest


@given(PAIRS, SITES)
def test_as_many_as_may_are_at_work(pairs, site):
    found = arrays(pairs, site)
    enough = sum(array.elements for array in found)
    at_work = sum(array.throttle for array in found)
    assert at_work <= max(site.running, 0) + len(found)
    assert at_work >= min(site.running, enough) - 2 * len(found)


@pytest.mark.parametrize("submitted", [1, 2, 3])
def test_more_classes_than_may_be_submitted_have_an_element_each(submitted):
    """The closing job submits again what was refused."""
    pairs = [(memory * GIB, 10.0) for memory in (1, 2, 4, 8)]
    assert [array.elements for array in arrays(pairs, replace(SITE, submitted=submitted))] == [1, 1, 1, 1]


def test_short_tasks_are_grouped_and_long_ones_have_an_element_each():
    (short,) = arrays([(GIB, 36.0)] * 1000)
    assert short.elements == 11  # 1000 tasks of 36 s, and 1 s of compilation for each of their cells
    (long,) = arrays([(GIB, 36000.0)] * 50)
    assert (long.elements, long.throttle) == (50, 50)


def test_a_class_that_is_longer_than_an_array_is_cut():
    found = arrays([(GIB, 36000.0)] * 100, replace(SITE, array_size=30))
    assert [array.elements for array in found] == [25] * 4
    assert [len(array.forecasts) for array in found] == [25] * 4
    assert [array.throttle for array in found] == [25] * 4


def test_a_hundred_thousand_tasks_are_ten_arrays_at_most():
    pairs = [(GIB << (k % 6), 36000.0) for k in range(100_000)]
    found = arrays(pairs, replace(SITE, submitted=100_000))
    assert len(found) <= MOST_ARRAYS
    assert sum(len(array.forecasts) for array in found) == 100_000
    assert sum(array.elements for array in found) <= MOST_ARRAYS * SITE.array_size


@given(st.floats(0.1, 1e7), SITES)
def test_a_time_limit_has_a_margin_where_the_site_allows_it(longest, site):
    seconds = time_limit(longest, site)
    assert seconds == site.longest or seconds >= MARGIN * max(longest, site.target) + site.warning
    assert seconds == site.longest or seconds % 60 == 0


def test_a_plan_of_a_hundred_thousand_tasks_is_few_classes_and_few_forecasts(study, outline):
    """Tasks of a cell share what is computed of them; what that takes is in benchmarks/limits.py."""
    many = {"width": str(list(range(8000, 8020))), "depth": "[2, 3, 4, 5, 6]", "seed": "1000", "rest": ""}
    planned = make_plan(study(points="residual = 24\nboundary = 2", **many), outline)
    assert len(planned.tasks) == 100_000
    assert len({id(cost) for cost in planned.costs}) <= 2 * 100  # the first task of a cell apart
    found = forecasts(planned, RATES, planned.tasks)
    assert [forecast.task for forecast in found] == list(planned.tasks)
    arrays = job_arrays(classes(found), SITE)
    assert len(arrays) <= MOST_ARRAYS
    assert sum(len(array.forecasts) for array in arrays) == 100_000
