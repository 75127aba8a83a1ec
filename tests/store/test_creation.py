import json
import warnings

import numpy as np
import pytest
import xarray

from hpcpinn.errors import StoreError
from hpcpinn.store import arrays, creation, layout, roll
from hpcpinn.store.store import open_store

OTHER = (
    "\nname = 'other'\nproblem = 'poisson1d'\n[sweep]\nwidth = [4]\ndepth = [1]\n[points]\nresidual = 5\nboundary = 2"
)


def everything(folder):
    return sorted(path.relative_to(folder) for path in folder.rglob("*"))


def test_a_store_has_an_array_for_everything_in_the_plan(store, plan):
    for variable in (*plan.variables, *plan.coordinates):
        array = store.array(variable.name)
        assert (array.shape, array.chunks) == (variable.shape, variable.chunks)
        assert array.metadata.dimension_names == variable.dims
        assert dict(array.attrs) == variable.attrs


def test_what_no_task_wrote_reads_as_nan(store, plan):
    assert all(np.isnan(store.array(variable.name)[...]).all() for variable in plan.variables)
    assert all(not list((store.path / variable.name).glob("c*")) for variable in plan.variables)


def test_xarray_reads_it_as_a_labelled_cube(store, plan):
    cube = xarray.open_zarr(store.path, consolidated=False, chunks=None)
    assert dict(cube.sizes) == plan.sizes
    assert set(cube.coords) == {variable.name for variable in plan.coordinates} - {"task"}
    assert cube.width.values.tolist() == [4, 16]
    assert cube.block.values.tolist() == ["all", "residual", "boundary"]
    assert cube.term.values.tolist() == ["residual"] * 24 + ["boundary"] * 2
    assert cube.term_name.values.tolist() == ["residual", "boundary"]
    assert cube.eigenvalue.sel(width=16, depth=2, block="residual").dims == ("seed", "step", "mode")


def test_every_run_has_the_id_of_its_task(store, plan):
    ids = store.array("task")[...]
    for task in plan.tasks:
        assert set(ids[task.cell][slice(*task.seeds)]) == {int(task.id, 16)}


def test_the_tasks_and_their_costs_can_be_read_without_the_plan(store, plan):
    listed = roll.read(store.path)
    assert tuple(listed) == plan.tasks
    assert list(listed.values()) == [roll.Projection(cost.flops, cost.peak_bytes) for cost in plan.costs]


def test_its_files_are_as_many_as_planned(store, plan):
    own = plan.total.files - sum(cost.files for cost in plan.costs)
    assert sum(path.is_file() for path in store.path.rglob("*")) == own


def test_provenance_is_in_the_attributes(store, small):
    assert store.attributes["study"] == small.TEXT
    assert store.attributes["identity"] == store.identity == small.planned()[0].identity
    assert store.attributes["zarr_version"]


def test_making_it_again_opens_it(store, small):
    before = layout.metadata(store.path).read_bytes()
    assert small.made(store.path)[0] == store
    assert layout.metadata(store.path).read_bytes() == before


def test_a_store_of_another_study_is_refused_with_what_differs(store, small):
    with pytest.raises(StoreError, match=r"`small`.*does not extend: .*trains its networks and this one.*--store"):
        small.made(store.path, OTHER)
    assert small.made(store.path)[0] == store


def test_a_store_cut_in_another_way_is_refused(store, small):
    record = json.loads(layout.extent(store.path, 0).read_text())
    layout.extent(store.path, 0).write_text(json.dumps(record | {"cut": "0"}))
    with pytest.raises(StoreError, match=r"cuts this study in another way.*--store"):
        small.made(store.path)


def test_a_folder_of_something_else_is_left_alone(tmp_path, small):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter1.tex").write_text("…")
    with pytest.raises(StoreError, match=r"thesis is not a store"):
        small.made(tmp_path / "thesis")
    assert [str(path) for path in everything(tmp_path)] == ["thesis", "thesis/chapter1.tex"]


def test_a_file_is_no_place_for_a_store(tmp_path, small):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "below.zarr"):
        with pytest.raises(StoreError, match="file"):
            small.made(path)
    assert [str(path) for path in everything(tmp_path)] == ["file"]


def test_an_empty_folder_becomes_the_store(tmp_path, small):
    (tmp_path / "empty").mkdir()
    assert small.made(tmp_path / "empty")[0].identity == open_store(tmp_path / "empty").identity


def test_an_error_on_the_way_leaves_nothing(tmp_path, small):
    _, plan = small.planned()
    for wrong in ({}, {"x": np.zeros(26), "y": np.zeros(26)}, {"x": np.zeros(25)}):
        with pytest.raises(ValueError, match="coordinate"):
            creation.create(tmp_path / "results" / "a.zarr", plan, {}, wrong)
    assert everything(tmp_path) == []


def test_cells_with_fewer_rows_are_padded(tmp_path, small):
    text = OTHER.replace("width = [4]", 'width = [4]\n"points.residual" = [1, 3]').replace("residual = 5\n", "")
    store, _ = small.made(tmp_path / "padded.zarr", text)
    assert store.array("term")[...].tolist() == [
        ["residual", "boundary", "boundary", "", ""],
        ["residual", "residual", "residual", "boundary", "boundary"],
    ]


def test_axes_of_any_type_are_stored(tmp_path, small):
    sweep = 'width = [4]\n"network.activation" = ["tanh", "erf"]\n"problem_parameters.flag" = [true, false]'
    store, _ = small.made(tmp_path / "types.zarr", OTHER.replace("width = [4]", sweep) + "\n[problem_parameters]\n")
    assert store.array("activation")[...].tolist() == ["tanh", "erf"]
    assert store.array("flag")[...].tolist() == [True, False]


def test_processes_that_make_it_at_once_agree_on_one(tmp_path, start, small):
    path = tmp_path / "race.zarr"
    answers = [process.communicate() for process in [start("create", path) for _ in range(3)]]
    assert [error for _, error in answers] == ["", "", ""]
    assert {out.strip() for out, _ in answers} == {open_store(path).attributes["created"]}
    assert [found.name for found in tmp_path.iterdir()] == ["race.zarr"]


def test_the_loser_of_a_race_takes_the_store_of_the_winner(tmp_path, small, monkeypatch):
    path, flush = tmp_path / "lost.zarr", creation.disk.flush_tree

    def overtaken(folder):
        monkeypatch.setattr(creation.disk, "flush_tree", flush)
        winner.append(small.made(path)[0])
        flush(folder)

    winner = []
    monkeypatch.setattr(creation.disk, "flush_tree", overtaken)
    assert small.made(path)[0] == winner[0]
    assert [found.name for found in tmp_path.iterdir()] == ["lost.zarr"]


def test_a_missing_array_is_named_with_the_nearest(store):
    with pytest.raises(StoreError, match=r"no array `eigenvalues`.*Did you mean `eigenvalue`\?"):
        store.array("eigenvalues")


def test_a_flipped_bit_is_never_read_back(store, plan, small):
    small.run_task(store, plan, plan.tasks[0])
    chunk = next((store.path / "kernel").glob("c*"))
    intact = chunk.read_bytes()
    for position in np.linspace(0, len(intact) - 1, 25, dtype=int):
        broken = bytearray(intact)
        broken[position] ^= 1 << (position % 8)
        chunk.write_bytes(broken)
        with warnings.catch_warnings(), pytest.raises(Exception, match=r"Zstd|zstd|decompress"):
            arrays.open_array(store.path, "kernel")[0, 0, 0, 0, ...]


def test_listing_the_arrays_of_a_store_is_silent(store, plan):
    import zarr

    group = zarr.open_group(store.path, mode="r")
    assert {name for name, _ in group.arrays()} == {one.name for one in (*plan.variables, *plan.coordinates)}
    assert [name for name, _ in group.groups()] == ["ledger"]
