"""What a plan has to know about a problem."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Outline:
    """The shape of a problem: enough to plan it without importing it.

    Attributes:
        coordinates: names of the independent variables, in the order of the problem.
        fields: names of the unknown functions.
        channels: for each term, in the order of the problem's terms, the number C of derivative channels that are
            pushed through the network to evaluate it (1 for u, 3 for u_xx in one dimension).
        inputs: of these, the number that can be non-zero at the coordinates: the value and the slopes.
        reads: of these, the number of channels of the fields that the term reads.
        has_solution: whether there is an exact or a reference solution, so that an error can be measured.
        is_linear: whether every term is linear in the fields, so that the limit of infinite width is one kernel.
        compared: channels that are pushed through the network to evaluate what is compared with the solution.
        faces: for each term on faces of the domain, how many there are.
    """

    coordinates: tuple[str, ...]
    fields: tuple[str, ...]
    channels: dict[str, int]
    inputs: dict[str, int]
    reads: dict[str, int]
    has_solution: bool
    is_linear: bool = True
    compared: int = 1
    faces: dict[str, int] = field(default_factory=dict)

    @property
    def terms(self) -> tuple[str, ...]:
        """Names of the terms, in the order in which their rows are stacked."""
        return tuple(self.channels)
