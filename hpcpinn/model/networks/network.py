"""What every network is: a description that initialises parameters and pushes jets forward.

An architecture only says how its linear maps are joined, in terms of a function `linear(site name, jet)`. The plain
forward pass, the jets of derivatives and the factors of the structured kernel are the same lines with another `linear`.
"""

import abc
from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import DTypeLike
from jaxtyping import Array, Float, Key, Num, UInt32

from hpcpinn import errors
from hpcpinn.model import activations, channels, jet, precision
from hpcpinn.model.jet import Jet
from hpcpinn.model.networks import parametrization
from hpcpinn.model.networks.normal import normal
from hpcpinn.model.networks.parametrization import Scales, Site
from hpcpinn.model.problem import Problem

Params = dict[str, dict[str, Array]]
Linear = Callable[[str, Jet], Jet]
Product = Callable[[str, Float[Array, "channel *row fan_in"]], Float[Array, "channel *row fan_out"]]


@dataclass(frozen=True)
class Network(abc.ABC):
    """A network description, without parameters.

    Args:
        width: neurons of every hidden layer, N.
        depth: hidden layers, L.
        activation: name of the elementwise function.
        parametrization: "ntk", "standard", "glorot" or "mup".
        weight_std: standard deviation sigma_W.
        bias_std: standard deviation sigma_b.
        input_shift: subtracted from the coordinates before the first layer; empty for none.
        input_scale: the coordinates are divided by it afterwards; empty for none.

    Raises:
        NetworkError: an unknown name, or a size or standard deviation that is not positive.
    """

    width: int
    depth: int
    activation: str = "tanh"
    parametrization: str = "ntk"
    weight_std: float = 1.0
    bias_std: float = 1.0
    input_shift: tuple[float, ...] = ()
    input_scale: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be a network."""
        activations.activation(self.activation)
        parametrization.parametrization(self.parametrization)
        for name in ("width", "depth"):
            _require(getattr(self, name) >= 1, f"{name} = {getattr(self, name)}", "a positive whole number")
        _require(self.weight_std > 0, f"weight_std = {self.weight_std}", "a positive number")
        _require(self.bias_std >= 0, f"bias_std = {self.bias_std}", "zero or a positive number")
        _require(all(s > 0 for s in self.input_scale), f"input_scale = {self.input_scale}", "positive numbers")

    @abc.abstractmethod
    def sites(self, coordinates: int, fields: int) -> tuple[Site, ...]:
        """The linear maps of the network in the order in which their parameters are drawn."""

    @abc.abstractmethod
    def forward(self, linear: Linear, inputs: Jet) -> Jet:
        """Join the linear maps: from the jet of the scaled coordinates to the jet of the fields."""

    def scales(self, site: Site) -> Scales:
        """The multipliers and initial standard deviations of one linear map."""
        rule = parametrization.parametrization(self.parametrization)
        return rule(site, self.width, self.weight_std, self.bias_std)

    def init(self, key: Key[Array, ""], problem: Problem, dtype: DTypeLike = jnp.float64) -> Params:
        """Draw the parameters for a problem: `{site: {"weight": (fan_out, fan_in), "bias": (fan_out,)}}`.

        Drawn in float64 and rounded to `dtype`: the same numbers in any precision. Memory: the parameters and nothing
        else, also in float32. The same bits one key at a time and inside of `jit`, `vmap`, `lax.map` and `shard_map`.
        """
        sites = self.sites(len(problem.coordinates), len(problem.fields))
        keys = jax.random.split(key, len(sites))
        return {site.name: self._draw(one, site, np.dtype(dtype)) for one, site in zip(keys, sites, strict=True)}

    def apply(self, params: Params, x: Num[Array | np.ndarray, " coordinate"]) -> Float[Array, " field"]:
        """The plain forward pass at one point, coordinates in the order of `problem.coordinates`."""
        point = jnp.asarray(x, params["output"]["weight"].dtype)
        value_only = channels.closure([], point.shape[0])
        return self.forward(self.affine(params), self.inputs(value_only, point)).value

    def inputs(self, which: channels.Channels, x: Float[Array, "*row coordinate"]) -> Jet:
        """The jets of the scaled coordinates."""
        shift = self.input_shift or (0.0,) * x.shape[-1]
        scale = self.input_scale or (1.0,) * x.shape[-1]
        return jet.coordinates(which, x, shift, scale)

    def affine(self, params: Params, product: Product | None = None) -> Linear:
        r"""The linear maps $z^\alpha = m_W W h^\alpha + [\alpha = 0]\, m_b b$ of these parameters.

        Args:
            params: the parameters.
            product: another way to form $W h^\alpha$, by the name of the map.
        """
        scales = {site.name: self.scales(site) for site in self.sites_of(params)}
        product = product or self.product(params)

        def linear(name: str, inner: Jet) -> Jet:
            outer = scales[name].weight * product(name, inner.coefficients)
            return jet.raised(Jet(inner.channels, outer), scales[name].bias * params[name]["bias"])

        return linear

    def product(self, params: Params) -> Product:
        r"""$W h^\alpha$ for every linear map."""
        return lambda name, jets: jnp.matmul(jets, params[name]["weight"].T, precision=precision.MATMUL)

    def sites_of(self, params: Params) -> tuple[Site, ...]:
        """The linear maps that these parameters belong to."""
        coordinates = params[self.sites(1, 1)[0].name]["weight"].shape[1]
        return self.sites(coordinates, params["output"]["weight"].shape[0])

    def phi(self, z: Jet) -> Jet:
        """The activation, applied to a jet."""
        return jet.compose(activations.activation(self.activation), z)

    def _draw(self, key: Key[Array, ""], site: Site, dtype: np.dtype) -> dict[str, Array]:
        scales = self.scales(site)
        weight, bias = jax.random.split(key)
        return {
            "weight": normal(weight, scales.weight_init, (site.fan_out, site.fan_in), dtype),
            "bias": normal(bias, scales.bias_init, (site.fan_out,), dtype),
        }


def _require(condition: bool, asked: str, allowed: str) -> None:
    if not condition:
        raise errors.NetworkError(f"a network with {asked} cannot be built; allowed: {allowed}.")


@dataclass(frozen=True)
class Initialization:
    """`Network.init`, to be mapped over networks: the key is a network's own, as `jax.random.key_data`."""

    network: Network
    problem: Problem
    dtype: np.dtype

    def __call__(self, _: object, key: UInt32[Array, " word"]) -> Params:
        """The parameters of one network."""
        return self.network.init(jax.random.wrap_key_data(key), self.problem, self.dtype)
