import itertools
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpcpinn.model import ansatz, catalogue, channels, collapse, evaluation, requirements
from hpcpinn.model.jet import Jet
from hpcpinn.model.networks.mlp import MLP
from hpcpinn.model.networks.modified_mlp import ModifiedMLP
from hpcpinn.model.networks.network import Network
from hpcpinn.model.problem import Problem
from hpcpinn.model.problems.heat1d import Heat1D
from hpcpinn.model.terms import interior

KEY = jax.random.key(3)


class Operators(Problem):
    """Terms that see their highest derivatives through combinations."""

    coordinates = {"t": (0.0, 1.0), "x": (-1.0, 1.0), "y": (0.0, 2.0)}
    fields = ("u", "v")

    @interior
    def exponential(self, p, f):
        return jnp.exp(0.1 * (f.u_xx + f.u_yy)) + f.u_x * f.v

    @interior
    def diffusion(self, p, f):
        return (f.u_t - 0.7 * f.u_xx) * (f.v_t - 0.7 * f.v_xx) + f.u_x

    @interior
    def anisotropic(self, p, f):
        return f.u_tt * p.x + (f.u_xx + f.u_yy) * (f.v_xx + f.v_yy)

    @interior
    def two_at_once(self, p, f):
        return (f.u_tt + f.u_xx) ** 2 + jnp.sin(f.u_xx + 3 * f.u_yy)


class Plates(Problem):
    """Fourth order, the same combination of two fields, and lower derivatives of all orders."""

    coordinates = {"x": (-1.0, 1.0), "y": (0.0, 2.0)}
    fields = ("u", "v")

    @interior
    def residual(self, p, f):
        bent = [f.u_xxxx + 2 * f.u_xxyy + f.u_yyyy, f.v_xxxx + 2 * f.v_xxyy + f.v_yyyy]
        return bent[0] * f.v_x - 3 * bent[1] / 7 + f.u_xxy


class Rewritten(Operators):
    """The same with fields that are rewritten with the help of each other."""

    def hard(self, p, f):
        return {"v": (1 - p.x**2) * jnp.sin(f.u * f.v) * jnp.exp(p.y - p.t)}


# Term by term: the channels of the derivatives, and what is left of them.
CASES = [
    (catalogue.problem("wave1d"), {"residual": (5, 4)}),
    (catalogue.problem("helmholtz2d"), {"residual": (5, 4)}),
    (catalogue.problem("helmholtz2d", frequency_x=0.7, hard_boundary=True), {"residual": (5, 4)}),
    (catalogue.problem("heat1d"), {"residual": (4, 3)}),
    (catalogue.problem("advection1d"), {"residual": (3, 2)}),
    (catalogue.problem("klein_gordon1d"), {"residual": (5, 4)}),
    (catalogue.problem("burgers1d"), {"residual": (4, 3)}),
    (catalogue.problem("allen_cahn1d"), {"residual": (4, 3)}),
    (catalogue.problem("navier_stokes2d"), {"momentum_x": (5, 4), "momentum_y": (5, 4)}),
    (catalogue.problem("lid_driven_cavity2d"), {"momentum_x": (5, 4), "momentum_y": (5, 4)}),
    (catalogue.problem("lid_driven_cavity2d_stream"), {"momentum_x": (8, 7), "momentum_y": (8, 7)}),
    (Operators(), {"exponential": (5, 4), "diffusion": (4, 3), "anisotropic": (7, 6), "two_at_once": (7, 6)}),
    (Rewritten(), {"exponential": (5, 4), "diffusion": (4, 3)}),
    (Plates(), {"residual": (13, 11)}),
]


# Their third and fourth derivatives take half a minute to compile when differentiation is nested.
SLOW = {"LidDrivenCavity2DStream(reynolds=100.0)", "Rewritten()"}


def for_each(cases, slow=frozenset()):
    named = [(str(case[0]), case) for case in cases]
    marks = {name: pytest.mark.long if name in slow else () for name, _ in named}
    return pytest.mark.parametrize(
        ("problem", "counts"), [pytest.param(*case, id=name, marks=marks[name]) for name, case in named]
    )


@for_each(CASES)
def test_combinations_that_are_read_together_share_a_channel(problem, counts):
    for name, (separate, together) in counts.items():
        assert len(requirements.derivative_channels(problem, problem.terms[name])) == separate
        assert len(requirements.required_channels(problem, problem.terms[name])) == together


def test_no_other_built_in_term_has_channels_to_share():
    listed = {(type(problem), name) for problem, counts in CASES for name in counts}
    for problem in map(catalogue.problem, catalogue.PROBLEMS):
        for name, term in problem.terms.items():
            same = requirements.required_channels(problem, term) == requirements.derivative_channels(problem, term)
            assert same == ((type(problem), name) not in listed)


def network_of(problem):
    dimension = len(problem.coordinates)
    scaling = {"input_shift": (0.1, 0.2, -0.3)[:dimension], "input_scale": (0.7, 1.3, 2.0)[:dimension]}
    architecture = ModifiedMLP if isinstance(problem, Heat1D) else MLP
    return architecture(width=4, depth=2, **scaling)


def drawn(problem):
    """Parameters and two points."""
    return network_of(problem).init(KEY, problem), jax.random.uniform(KEY, (2, len(problem.coordinates)))


def of_jets(problem, name, x):
    """The rows of a term as a function of the parameters."""
    network, term = network_of(problem), problem.terms[name]
    return lambda params: evaluation.residuals(problem, term, network, network.affine(params), x)


def of_nested_differentiation(problem, name, x, term_of):
    def solution(params, y):
        values = network_of(problem).apply(params, y)
        return values if problem.hard is None else ansatz.apply(problem, values, y)

    return lambda params: jax.vmap(lambda one: term_of(problem, name, lambda y: solution(params, y))(one)[0])(x)


def with_gradients(rows, params):
    """Values and gradients with respect to all parameters, as one vector."""
    found = jax.jit(lambda theta: (rows(theta), jax.jacrev(rows)(theta)))(params)
    return np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(found)])


def assert_same(found, expected):
    assert np.abs(found - expected).max() <= 1e-12 * np.abs(expected).max()


@for_each(CASES, slow=SLOW)
def test_rows_and_gradients_are_those_of_separate_channels_and_of_nested_differentiation(
    problem, counts, term_of, monkeypatch
):
    params, x = drawn(problem)
    found = {name: with_gradients(of_jets(problem, name, x), params) for name in counts}
    if problem != Plates():  # of order four, the gradients of nested derivatives compile for 20 s
        for name in counts:
            nested = of_nested_differentiation(problem, name, x, term_of)
            assert_same(found[name], with_gradients(nested, params))
    monkeypatch.setattr(evaluation, "required_channels", requirements.derivative_channels)
    for name in counts:
        assert_same(found[name], with_gradients(of_jets(problem, name, x), params))


def test_rows_of_order_four_are_those_of_nested_differentiation(term_of):
    problem = Plates()
    params, x = drawn(problem)
    expected = jax.jit(of_nested_differentiation(problem, "residual", x, term_of))(params)
    assert_same(of_jets(problem, "residual", x)(params), expected)


@dataclass(frozen=True)
class Given(Network):
    """No network: outputs whose Taylor coefficients are given."""

    width: int = 1
    depth: int = 1
    table: ClassVar[dict] = {}

    def sites(self, coordinates, fields):
        return ()

    def forward(self, linear, inputs):
        rows = [sum(w * self.table[index] for index, w in members) for members in inputs.channels.members]
        return Jet(inputs.channels, jnp.stack(rows)[:, None])


INDICES = [index for index in itertools.product(range(4), repeat=2) if sum(index) <= 3]
operators = st.dictionaries(st.tuples(st.integers(0, 1), st.sampled_from(INDICES)), st.integers(-3, 3), max_size=8)


@settings(max_examples=40, deadline=None)
@given(operators, st.booleans(), st.integers(0, 2**32 - 1))
def test_linear_operators_have_the_same_value_from_the_fewest_channels(operator, squared, seed):
    def residual(self, p, f):
        name = {key: "uv"[key[0]] + "_" * any(key[1]) + "x" * key[1][0] + "y" * key[1][1] for key in operator}
        by_field = [
            0.0 * p.x + sum(a * getattr(f, name[key]) for key, a in operator.items() if key[0] == k) for k in (0, 1)
        ]
        return by_field[0] ** 2 + by_field[1] if squared else by_field[0] + by_field[1]

    namespace = {"coordinates": {"x": (0.0, 1.0), "y": (0.0, 1.0)}, "fields": ("u", "v")}
    problem = type("Linear", (Problem,), namespace | {"residual": interior(residual)})()
    term = problem.terms["residual"]
    separate, which = requirements.derivative_channels(problem, term), requirements.required_channels(problem, term)

    candidates = collapse.maximal(separate)
    matrix = np.array([[operator.get((k, gamma), 0) for gamma in candidates] for k in (0, 1)])
    rank = len(candidates) if len(candidates) == 1 else np.linalg.matrix_rank(matrix)
    assert len(which) == len(separate) - len(candidates) + rank

    numbers = np.random.default_rng(seed).standard_normal((len(INDICES), 2))
    Given.table = dict(zip(INDICES, map(jnp.asarray, numbers), strict=True))
    terms = [(k, a * channels.factorial(index) * Given.table[index][k]) for (k, index), a in operator.items()]
    u, v = (float(sum(value for k, value in terms if k == field)) for field in (0, 1))
    (found,) = evaluation.residuals(problem, term, Given(), lambda name, inner: inner, jnp.zeros((1, 2)))
    assert abs(found - (u**2 + v if squared else u + v)) <= 1e-12 * (1 + sum(abs(float(a)) for _, a in terms)) ** 2


def whole_directions(columns):
    row = st.lists(st.integers(-3, 3), min_size=columns, max_size=columns)
    return st.lists(row, max_size=4)


@settings(max_examples=50)
@given(whole_directions(4))
def test_derivatives_without_a_channel_may_be_taken_as_zero(matrix):
    separate = channels.closure([(3, 0), (2, 1), (1, 2), (0, 3)], 2)
    candidates = collapse.maximal(separate)
    found = collapse.collapsed(separate, [tuple(map(Fraction, row)) for row in matrix])
    derivatives = np.array([0.3, -1.7, 2.9, 0.11])
    taylor = {index: d / channels.factorial(index) for index, d in zip(candidates, derivatives, strict=True)}
    representative = [
        sum(w * taylor[member] for member, w in found.members[found.position(index)]) * channels.factorial(index)
        if index in found.indices
        else 0.0
        for index in candidates
    ]
    whole = np.reshape(matrix, (-1, 4))
    np.testing.assert_allclose(whole @ representative, whole @ derivatives, rtol=0, atol=1e-12)
    assert len(found) == 6 + np.linalg.matrix_rank(whole) if matrix else 6


def test_a_pivot_is_never_small():
    # Divided by the wrong pivot, these two directions would carry weights of 1e10 that cancel in the term.
    separate = channels.closure([(2, 0), (1, 1), (0, 2)], 2)
    near = Fraction(1) + Fraction(1, 10**10)
    found = collapse.collapsed(separate, [(Fraction(1), Fraction(1), Fraction(0)), (Fraction(1), near, Fraction(1))])
    assert len(found) == 5
    assert all(abs(weight) <= 2 for _, _, weight in found.absorbed)
