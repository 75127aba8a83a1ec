import pytest

from hpcpinn.errors import ClusterError
from hpcpinn.launch.slurm.reading import parse_profile, read_profile

TEXT = 'partition = "batch"\nmemory_per_node = "8 GiB"\nwalltime = "24:00:00"\n'


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for place in ("slurm/clusters", "home/.config/hpcpinn/clusters"):
        (tmp_path / place).mkdir(parents=True)
    return tmp_path


@pytest.mark.parametrize("place", ["slurm/clusters/mine.toml", "home/.config/hpcpinn/clusters/mine.toml"])
def test_a_profile_is_found_by_its_name(folder, place):
    (folder / place).write_text(TEXT)
    assert read_profile("mine") == read_profile(place) == parse_profile(TEXT)


def test_one_that_does_not_exist_gives_the_nearest(folder):
    (folder / "slurm/clusters/gpu.toml").write_text(TEXT)
    (folder / "home/.config/hpcpinn/clusters/mine.toml").write_text(TEXT)
    with pytest.raises(ClusterError) as refused:
        read_profile("mien")
    assert str(refused.value) == (
        "there is no cluster profile `mien`; allowed: gpu, mine. Did you mean `mine`? slurm/clusters has examples. "
        "Write --cluster path/to/profile.toml."
    )


def test_where_there_are_none_a_file_is_asked_for(folder):
    with pytest.raises(ClusterError, match=r"no cluster profile `gpu`; allowed: a file in TOML\. slurm/clusters has"):
        read_profile("gpu")


@pytest.mark.parametrize("name", ["", ".", "slurm", "a\0b", "x" * 5000])
def test_what_is_no_file_is_refused(folder, name):
    with pytest.raises(ClusterError, match="no cluster profile"):
        read_profile(name)


def test_what_is_no_text_is_refused(folder):
    (folder / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(ClusterError, match=r"binary cannot be read .*; allowed: a cluster profile in TOML"):
        read_profile("binary")


def test_what_is_no_toml_is_refused_with_its_line(folder):
    (folder / "broken.toml").write_text(TEXT + "qos = normal\n")
    with pytest.raises(ClusterError, match=r"broken\.toml: Invalid value \(at line 4.*allowed: TOML\."):
        read_profile("broken.toml")
