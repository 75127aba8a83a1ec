r"""How the share of one linear map in the kernel is contracted: through its gradient, or through its factors.

A map with fan-in $a$ and fan-out $b$ has for each row a gradient of $ab + b$ numbers, and factors of $C(a + b)$
numbers for $C$ channels. With $n$ rows, $m_h$ and $m_\delta$ rows times channels of its inputs and sensitivities, and
symmetry used,

| | operations |
|---|---|
| explicit | $n^2 (ab + b) + 2 \min(m_h, m_\delta) (ab + b)$ |
| structured | $m_\delta^2 b + m_h^2 a$ |

where only channels count that are not zero by structure. The first and the last map, with a handful of numbers at one
end, are always cheaper explicitly; a hidden map is for $N < 2C^2$ or so: below 18 units for $u_{xx}$ in one dimension.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Map:
    """One linear map as its contraction sees it.

    Attributes:
        fan_in: numbers that enter, a.
        fan_out: numbers that leave, b.
        inputs: rows times input channels that can be non-zero, m_h.
        sensitivities: rows times output channels that a row can depend on, m_δ.
        channel_rows: rows times all channels, which pass through the map in any case.
        is_first: whether it acts on the coordinates, so that no sensitivity has to pass backwards through it.
    """

    fan_in: int
    fan_out: int
    inputs: int
    sensitivities: int
    channel_rows: int
    is_first: bool


def explicit_flops(site: Map, rows: int) -> float:
    """Operations of the explicit contraction of one map for all pairs of `rows` rows."""
    entries = site.fan_in * site.fan_out + site.fan_out
    return float(rows**2 * entries + 2 * min(site.inputs, site.sensitivities) * entries)


def structured_flops(site: Map) -> float:
    """Operations of the structured contraction of one map."""
    return float(site.sensitivities**2 * site.fan_out + site.inputs**2 * site.fan_in)


def is_explicit(site: Map, rows: int) -> bool:
    """Whether the explicit contraction is the cheaper one."""
    return explicit_flops(site, rows) <= structured_flops(site)


def contraction_flops(site: Map, rows: int) -> float:
    """Operations of the cheaper contraction."""
    return min(explicit_flops(site, rows), structured_flops(site))


def pass_flops(site: Map) -> float:
    """Operations of all rows passing forwards through the map and, unless it is a first one, backwards."""
    return float(2 * site.channel_rows * site.fan_in * site.fan_out * (1 if site.is_first else 2))
