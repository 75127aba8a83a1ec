"""What the plan has to know about the problem of a study, and the checks that need the problem itself.

Nothing here starts a device: terms are called with abstract numbers.
"""

from collections.abc import Iterator, Mapping, Sequence

from hpcpinn.limit import rows
from hpcpinn.model import comparison, requirements
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
    trained = [*problems, *_taught(study)]
    known = [requirements.all_channels(problem) for problem in trained]
    reads = [
        {name: len(requirements.read_channels(problem, term)) for name, term in problem.terms.items()}
        for problem in trained
    ]
    return Outline(
        coordinates=tuple(problems[0].coordinates),
        fields=problems[0].fields,
        channels=_most([{name: len(which) for name, which in channels.items()} for channels in known]),
        inputs=_most([{name: len(which.linear) for name, which in channels.items()} for channels in known]),
        reads=_most(reads),
        has_solution=comparison.is_known(problems[0]),
        is_linear=not any(map(rows.nonlinear_terms, problems)),
        compared=max(len(comparison.channels(problem)) for problem in problems),
        faces={name: len(term.faces) for name, term in problems[0].terms.items() if term.faces},
    )


def _most(numbers: Sequence[Mapping[str, int]]) -> dict[str, int]:
    """The largest number of every term: which channels fall together depends on the values of parameters."""
    return {name: max(of_problem[name] for of_problem in numbers) for name in numbers[0]}


def _problems(study: Study) -> Iterator[Problem]:
    """The problem once for every combination of swept parameters."""
    for cell in first_cells(study, "problem_parameters"):
        yield setup.problem_of(study.configuration(cell), study.folder)


def _taught(study: Study) -> Iterator[Problem]:
    """The problems of curricula."""
    for cell in first_cells(study, "problem_parameters", "curriculum"):
        yield from setup.taught_of(study.configuration(cell), study.folder)
