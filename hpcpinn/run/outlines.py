"""What the plan has to know about the problem of a study, and the checks that need the problem itself.

Nothing here starts a device: terms are called with abstract numbers.
"""

from collections.abc import Iterator

from hpcpinn.model import requirements
from hpcpinn.model.problem import Problem
from hpcpinn.plan.outline import Outline
from hpcpinn.run import setup
from hpcpinn.run.combinations import first_cells
from hpcpinn.study.study import Study


def outline(study: Study) -> Outline:
    """The coordinates, fields, terms and channels of the problem.

    Raises:
        ProblemError: the problem cannot be made with the parameters of some cell, or a term cannot be evaluated.
    """
    problems = list(_problems(study))
    for problem in problems:
        requirements.all_channels(problem)
    channels = requirements.all_channels(problems[0])
    return Outline(
        coordinates=tuple(problems[0].coordinates),
        fields=problems[0].fields,
        channels={name: len(which) for name, which in channels.items()},
        inputs={name: len(which.linear) for name, which in channels.items()},
        reads={name: len(requirements.read_channels(problems[0], term)) for name, term in problems[0].terms.items()},
        has_exact=problems[0].exact is not None,
    )


def _problems(study: Study) -> Iterator[Problem]:
    """The problem once for every combination of swept parameters."""
    for cell in first_cells(study, "problem_parameters"):
        yield setup.problem_of(study.configuration(cell), study.folder)
