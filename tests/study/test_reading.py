import subprocess
import sys

import pytest

from hpcpinn.errors import StudyError
from hpcpinn.study.reading import parse_study, read_study


def test_a_file_is_read_with_its_folder_and_its_text_as_written(tmp_path, text):
    path = tmp_path / "study.toml"
    path.write_bytes(text().replace("\n", "\r\n").encode())
    study = read_study(path)
    assert study.folder == tmp_path
    assert study.text == text().replace("\n", "\r\n")
    assert study.identity == parse_study(text(), tmp_path).identity


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path, text):
    path = tmp_path / "study.toml"
    path.write_bytes(b"\xef\xbb\xbf" + text().encode())
    assert read_study(str(path)).text == text()


def test_an_error_begins_with_the_file(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text("name = poisson")
    with pytest.raises(StudyError) as caught:
        read_study(path)
    assert str(caught.value).startswith(f"{path}: line 1, column 8: Invalid value; allowed: ")


def test_a_file_that_is_not_there_is_refused_with_the_nearest(tmp_path, text):
    (tmp_path / "poisson.toml").write_text(text())
    path = tmp_path / "poison.toml"
    with pytest.raises(StudyError) as caught:
        read_study(path)
    assert str(caught.value) == (
        f"{path} cannot be read (No such file or directory); allowed: a study file in TOML. "
        f"TOML files there: {tmp_path / 'poisson.toml'}. Did you mean `{tmp_path / 'poisson.toml'}`? "
        "Check the path, or begin with `hpcpinn plan jobs/quickstart.toml`."
    )


def test_a_folder_is_not_a_study(tmp_path):
    with pytest.raises(StudyError, match=r"cannot be read \(Is a directory\); allowed: a study file in TOML\. Check"):
        read_study(tmp_path)


def test_a_file_in_another_encoding_is_refused(tmp_path):
    path = tmp_path / "study.toml"
    path.write_bytes(b'name = "\xe9"')
    with pytest.raises(StudyError) as caught:
        read_study(path)
    assert str(caught.value) == f"{path}: byte 8 is not UTF-8 text; allowed: TOML in UTF-8. Save the file as UTF-8."


def test_steps_that_do_not_reach_the_record_are_found_before_anything_runs(text, refusal):
    message = refusal(text({"training.steps": [400, 5]}, training__record=[0, 400]))
    assert message.startswith("`training.record` cannot be [0, 400]: it goes beyond the last of 5 steps; allowed: ")
    assert message.endswith("Write for example `record = [0, 5]` under [training].")


def test_reading_a_study_needs_no_numerics():
    modules = "{'jax', 'numpy', 'xarray', 'zarr'}"
    program = f"import sys; from hpcpinn.study import reading; print(*{modules} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"
