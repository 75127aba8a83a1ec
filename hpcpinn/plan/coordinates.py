"""The coordinate along which causal weights go: which there are is known only with the problem."""

from collections.abc import Iterable

from hpcpinn.errors import StudyError, nearest
from hpcpinn.plan.outline import Outline
from hpcpinn.study import toml
from hpcpinn.study.configuration import Configuration, Weighting


def check_coordinates(configurations: Iterable[Configuration], outline: Outline) -> None:
    """Refuse causal weights along a coordinate that the problem does not have, as a steady one has no time.

    Raises:
        StudyError: with the coordinates that there are.
    """
    for configuration in configurations:
        training, named = configuration.training, configuration.weighting.coordinate
        if training is not None and training.weighting == "causal" and named not in outline.coordinates:
            raise _refused(configuration.problem, named, outline)


def _refused(problem: str, named: str, outline: Outline) -> StudyError:
    default = ", its default" if named == Weighting().coordinate else ""
    return StudyError(
        f"`weighting.coordinate` cannot be {toml.spelled(named)}{default}: causal weights go along the time of the "
        f"problem `{problem}`, which has no coordinate of this name; {nearest(named, outline.coordinates)} Write the "
        f"one that is time, as in `{toml.line('coordinate', outline.coordinates[0])}` under [weighting], or for a "
        f"steady problem `{toml.line('weighting', 'none')}` under [training]."
    )
