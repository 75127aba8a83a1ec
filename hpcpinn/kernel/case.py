"""What a kernel is of: everything that is fixed when its programs are compiled."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from hpcpinn.model import requirements
from hpcpinn.model.networks.network import Network
from hpcpinn.model.networks.parametrization import Site
from hpcpinn.model.problem import Problem
from hpcpinn.plan.contraction import Map, is_explicit

TOTAL = "total"


@dataclass(frozen=True)
class Case:
    """The static description of a kernel.

    Attributes:
        problem: the problem.
        network: the network.
        explicit: the sites that are contracted through their gradients, see `plan.contraction`.
        parts: what is computed: `"total"`, or the summand of one site by its name.
    """

    problem: Problem
    network: Network
    explicit: frozenset[str]
    parts: tuple[str, ...] = (TOTAL,)

    @property
    def sites(self) -> tuple[Site, ...]:
        """The linear maps of the network for this problem."""
        return sites(self.problem, self.network)


def case(problem: Problem, network: Network, counts: Mapping[str, int], parts: tuple[str, ...] = (TOTAL,)) -> Case:
    """The case of a kernel with so many rows per term, every site with its cheaper contraction."""
    return Case(problem, network, _explicit(problem, network, tuple(counts.items())), parts)


@functools.lru_cache(maxsize=256)
def _explicit(problem: Problem, network: Network, counts: tuple[tuple[str, int], ...]) -> frozenset[str]:
    rows = sum(count for _, count in counts)
    pairs = zip(sites(problem, network), maps(problem, network, dict(counts)), strict=True)
    return frozenset(site.name for site, described in pairs if is_explicit(described, rows))


def sites(problem: Problem, network: Network) -> tuple[Site, ...]:
    """The linear maps of a network for a problem."""
    return network.sites(len(problem.coordinates), len(problem.fields))


def maps(problem: Problem, network: Network, counts: Mapping[str, int]) -> tuple[Map, ...]:
    """The linear maps as the cost model sees them, in the order of the network."""
    return tuple(_map(problem, site, counts) for site in sites(problem, network))


def _map(problem: Problem, site: Site, counts: Mapping[str, int]) -> Map:
    inputs = sum(count * len(input_channels(problem, term, site)) for term, count in counts.items())
    outputs = sum(count * len(output_channels(problem, term, site)) for term, count in counts.items())
    channels = requirements.all_channels(problem)
    rows = sum(count * len(channels[term]) for term, count in counts.items())
    return Map(site.fan_in, site.fan_out, inputs, outputs, rows, site.role == "input")


def input_channels(problem: Problem, term: str, site: Site) -> tuple[int, ...]:
    """Channels of the site's input that can be non-zero: coordinates have a value and slopes, and nothing above."""
    channels = requirements.required_channels(problem, problem.terms[term])
    return channels.linear if site.role == "input" else tuple(range(len(channels)))


def output_channels(problem: Problem, term: str, site: Site) -> tuple[int, ...]:
    """Channels of the site's output that a row can depend on: of the fields, those that the term reads."""
    if site.role == "output":
        return requirements.read_channels(problem, problem.terms[term])
    return tuple(range(len(requirements.required_channels(problem, problem.terms[term]))))
