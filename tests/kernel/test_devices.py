"""A kernel is the same to the last bit on 1, 2, 4 and 8 devices, by either mapping."""

import jax
import pytest

from hpcpinn import errors
from hpcpinn.kernel.devices import MAPPINGS, every_device

ROWS = [("plain", "float64", mapping, exchange) for mapping in MAPPINGS for exchange in ("ring", "gather")]
SEEDS = [("plain", "float64", mapping, "seeds") for mapping in MAPPINGS]
SHARDED = [("plain", "float64", mapping, origin) for mapping in MAPPINGS for origin in ("placed", "drawn")]
GATED = [("gated", "float32", "shard_map", "placed")]
KINDS = {"rows": ROWS, "seeds": SEEDS, "sharded": SHARDED, "gated": GATED}

# Every program costs a second to compile.
COUNTS = {
    1: [ROWS[0], SEEDS[0], SHARDED[0], *GATED],
    2: [ROWS[0], ROWS[2], SEEDS[0], SHARDED[0]],
    4: [ROWS[0], SEEDS[1], *SHARDED],
    8: [*ROWS, *SEEDS, SHARDED[0], SHARDED[2], *GATED],
}


@pytest.fixture(scope="module")
def found(start):
    programs = {count: start(count, variants) for count, variants in COUNTS.items()}
    return {count: program.found() for count, program in programs.items()}


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_bits_depend_neither_on_devices_nor_on_mapping_nor_on_exchange(found, kind):
    of_kind = {
        (count, *variant): fingerprint
        for count, variants in COUNTS.items()
        for variant, fingerprint in zip(variants, found[count]["fingerprints"], strict=True)
        if variant in KINDS[kind]
    }
    assert {count for count, *_ in of_kind} >= {1, 8}
    assert len(set(of_kind.values())) == 1, of_kind


@pytest.mark.long
def test_each_program_had_its_devices(found):
    assert {count: of_count["devices"] for count, of_count in found.items()} == {1: 1, 2: 2, 4: 4, 8: 8}


@pytest.mark.long
def test_kernels_of_different_kinds_have_different_fingerprints(found):
    assert len(set(found[1]["fingerprints"])) == len(COUNTS[1])


@pytest.mark.long
def test_a_device_holds_its_share_of_the_hidden_weights(found):
    for count, of_count in found.items():
        assert set(of_count["shares"]) == {1 / count}


def test_a_mapping_that_does_not_exist_is_refused():
    with pytest.raises(errors.DeviceError, match=r"`smap` is no way .* allowed: pmap, shard_map. Did you mean"):
        every_device("smap")


class Elsewhere:
    """A device of another process, as far as counting goes."""

    def __init__(self, process_index):
        self.process_index = process_index


def test_pmap_over_unequal_processes_is_refused(monkeypatch):
    monkeypatch.setattr(jax, "devices", lambda: [Elsewhere(0), Elsewhere(1), Elsewhere(1)])
    with pytest.raises(errors.DeviceError, match="with 1, 2 devices; allowed: the same number in each"):
        every_device("pmap")
