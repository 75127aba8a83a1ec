"""The parts of README.md that benchmarks write."""

import pytest


@pytest.fixture
def readme(module):
    return module("readme", "benchmarks")


def test_only_the_part_between_the_markers_is_written(readme):
    part = readme.KERNEL
    text = f"before\n{part.begin}old\n{part.end}after\n"
    assert part.replaced(text, "new\n") == f"before\n{part.begin}\nnew\n\n{part.end}after\n"
    with pytest.raises(ValueError, match="once each"):
        part.replaced(f"{part.end}{part.begin}", "new")


@pytest.mark.parametrize("name", ["KERNEL", "TRAINING"])
def test_the_readme_has_the_markers(readme, name):
    assert getattr(readme, name).replaced(readme.FILE.read_text(encoding="utf-8"), "new")
