"""Rates are measured, not known: tests hold their shape, and that nothing stays behind."""

import dataclasses
import errno
import math

import pytest

from hpcpinn.launch import calibration
from hpcpinn.launch.calibration import calibrate
from hpcpinn.plan.rates import Curve


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    folder = tmp_path_factory.mktemp("calibration")
    return calibrate(folder / "results" / "small.zarr"), folder


def test_every_rate_is_a_positive_number(measured):
    for value in vars(measured[0]).values():
        for rate in value.rates if isinstance(value, Curve) else [value]:
            assert 0 < rate < math.inf


def test_curves_are_measured_at_ascending_sizes(measured):
    for curve in (value for value in vars(measured[0]).values() if isinstance(value, Curve)):
        assert len(curve.sizes) == len(curve.rates) > 1
        assert sorted(set(curve.sizes)) == list(curve.sizes)


def test_all_cores_are_no_slower_than_one(measured):
    assert measured[0].parallel >= 1


def test_nothing_is_left_where_the_store_will_be(measured):
    assert list(measured[1].iterdir()) == []


def test_where_nothing_can_be_written_a_local_disk_is_assumed(measured, tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(calibration, "_write", refuse)
    found = calibrate(tmp_path)
    assert (found.file, found.disk) == (1e-3, 5e8)
    assert [field.name for field in dataclasses.fields(found)] == list(vars(measured[0]))
