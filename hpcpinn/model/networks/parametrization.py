r"""Parametrisations: how a linear map is scaled and how its parameters are drawn, as functions of the width.

A site computes $z = m_W W h + m_b b$ with entries $W_{ij} \sim N(0, s_W^2)$, $b_i \sim N(0, s_b^2)$. With fan-in $n$,
fan-out $m$, width $N$ and the standard deviations $\sigma_W, \sigma_b$ of the study:

| | $m_W$ | $s_W$ | $m_b$ | $s_b$ |
|---|---|---|---|---|
| ntk | $\sigma_W/\sqrt n$ | 1 | $\sigma_b$ | 1 |
| standard | 1 | $\sigma_W/\sqrt n$ | 1 | $\sigma_b$ |
| glorot | 1 | $\sigma_W \sqrt{2/(n + m)}$ | 1 | $\sigma_b$ |
| mup, input | $\sqrt N$ | $\sigma_W/\sqrt{n N}$ | $\sqrt N$ | $\sigma_b/\sqrt N$ |
| mup, hidden | 1 | $\sigma_W/\sqrt N$ | $\sqrt N$ | $\sigma_b/\sqrt N$ |
| mup, output | $1/\sqrt N$ | $\sigma_W/\sqrt N$ | 1 | $\sigma_b$ |

ntk: Jacot, Gabriel and Hongler 2018. glorot: Glorot and Bengio 2010, with normal numbers, as in the released code of
arXiv 2001.04536 and 2403.18494. mup: Yang and Hu 2021 (*Tensor Programs IV*), the maximal-update row of their
abc-table, with a learning rate that does not depend on the width.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from hpcpinn import errors

Role = Literal["input", "hidden", "output"]


@dataclass(frozen=True)
class Site:
    """A linear map of the network that is used once per point: its name, role and size."""

    name: str
    role: Role
    fan_in: int
    fan_out: int


@dataclass(frozen=True)
class Scales:
    """Multipliers of the forward pass and standard deviations of the initial parameters."""

    weight: float
    bias: float
    weight_init: float
    bias_init: float


def ntk(site: Site, width: int, weight_std: float, bias_std: float) -> Scales:
    """All the scaling in the forward pass, parameters of unit variance."""
    return Scales(weight_std / math.sqrt(site.fan_in), bias_std, 1.0, 1.0)


def standard(site: Site, width: int, weight_std: float, bias_std: float) -> Scales:
    """All the scaling in the initial parameters."""
    return Scales(1.0, 1.0, weight_std / math.sqrt(site.fan_in), bias_std)


def glorot(site: Site, width: int, weight_std: float, bias_std: float) -> Scales:
    """Values and gradients keep their size from layer to layer, on average over both."""
    return Scales(1.0, 1.0, weight_std * math.sqrt(2 / (site.fan_in + site.fan_out)), bias_std)


def mup(site: Site, width: int, weight_std: float, bias_std: float) -> Scales:
    """Maximal update: every layer learns features at any width."""
    root = math.sqrt(width)
    if site.role == "input":
        return Scales(root, root, weight_std / math.sqrt(site.fan_in * width), bias_std / root)
    if site.role == "hidden":
        return Scales(1.0, root, weight_std / root, bias_std / root)
    return Scales(1 / root, 1.0, weight_std / root, bias_std)


PARAMETRIZATIONS: dict[str, Callable[[Site, int, float, float], Scales]] = {
    "ntk": ntk,
    "standard": standard,
    "glorot": glorot,
    "mup": mup,
}


def parametrization(name: str) -> Callable[[Site, int, float, float], Scales]:
    """A parametrisation by its name; raises NetworkError for a name that does not exist."""
    return errors.chosen(PARAMETRIZATIONS, "parametrization", name, errors.NetworkError)
