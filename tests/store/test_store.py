import json
import subprocess
import sys
from pathlib import Path

import pytest

from hpcpinn.errors import StoreError
from hpcpinn.store import layout
from hpcpinn.store.store import open_store

ROOT = Path(__file__).parents[2]


def test_opening_reads_what_was_written(store, plan):
    again = open_store(str(store.path))
    assert again == store
    assert (again.identity, again.study_name) == (plan.identity, "small")


def test_an_array_is_opened_once(store):
    assert store.array("trace") is store.array("trace")


def test_a_missing_store_is_answered_with_those_beside_it_and_the_command(store):
    with pytest.raises(StoreError, match=r"no store at .*smal.zarr. Stores beside it: .*small.zarr.*hpcpinn run"):
        open_store(store.path.with_name("smal.zarr"))


def test_a_folder_without_metadata_is_no_store(tmp_path):
    with pytest.raises(StoreError, match=r"is not a store: it has no zarr.json"):
        open_store(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", "\x00"])
def test_broken_metadata_is_no_store(store, text):
    layout.metadata(store.path).write_text(text)
    with pytest.raises(StoreError, match="cannot be read"):
        open_store(store.path)


def test_a_group_of_somebody_else_is_no_store(store):
    layout.metadata(store.path).write_text(json.dumps({"zarr_format": 3, "node_type": "group"}))
    with pytest.raises(StoreError, match="not the store of a study"):
        open_store(store.path)


def test_a_format_of_the_future_is_refused(store):
    metadata = json.loads(layout.metadata(store.path).read_text())
    metadata["attributes"]["format"] = "hpcpinn-store-9"
    layout.metadata(store.path).write_text(json.dumps(metadata))
    with pytest.raises(StoreError, match=r"'hpcpinn-store-9'.*'hpcpinn-store-1'"):
        open_store(store.path)


def test_status_needs_neither_arrays_nor_validation(store):
    code = (
        "import sys; from hpcpinn.store import ledger; from hpcpinn.store.store import open_store\n"
        "store = open_store(sys.argv[1]); ledger.status(store.path); ledger.failures(store.path)\n"
        "print({'numpy', 'zarr', 'xarray', 'jax', 'pydantic'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", code, str(store.path)]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "set()"
