import subprocess
import sys

import jax.numpy as jnp
import pytest

from hpcpinn import errors
from hpcpinn.model import catalogue
from hpcpinn.model.problem import Problem
from hpcpinn.model.requirements import all_channels, read_channels, required_channels
from hpcpinn.model.terms import interior


def one_term(residual):
    """A problem of two coordinates with the given function as its only term."""
    namespace = {"coordinates": {"t": (0.0, 1.0), "x": (0.0, 1.0)}, "residual": interior(residual)}
    return type("Mine", (Problem,), namespace)()


def channels_of(residual):
    problem = one_term(residual)
    return required_channels(problem, problem.terms["residual"])


@pytest.mark.parametrize(
    ("residual", "highest"),
    [
        (lambda self, p, f: f.u, {(0, 0)}),
        (lambda self, p, f: f.u_xt + p.x, {(0, 0), (0, 1), (1, 0), (1, 1)}),
        (lambda self, p, f: sum(getattr(f, f"u_{'x' * k}") for k in (1, 3)), {(0, 0), (0, 1), (0, 2), (0, 3)}),
        (lambda self, p, f: 0.0 * p.x, {(0, 0)}),
    ],
)
def test_derivatives_are_found_by_calling_the_term(residual, highest):
    assert set(channels_of(residual).indices) == highest


def test_every_term_of_a_problem_has_channels_of_its_own():
    lengths = {name: len(found) for name, found in all_channels(catalogue.problem("wave1d")).items()}
    assert lengths == {"residual": 4, "initial": 1, "velocity": 2, "walls": 1}


@pytest.mark.parametrize(
    "residual",
    [
        lambda self, p, f: f.u_tt * f.u_xx,
        lambda self, p, f: f.u_tt + p.x * f.u_xx,
        lambda self, p, f: jnp.where(p.x > 0, f.u_tt, f.u_xx),
        lambda self, p, f: f.u * f.u_tt + jnp.sin(f.u_xx),
    ],
    ids=["a product", "a factor that varies", "a choice by place", "different functions"],
)
def test_derivatives_that_are_not_read_in_one_combination_keep_their_channels(residual):
    assert set(channels_of(residual).indices) == {(0, 0), (0, 1), (1, 0), (0, 2), (2, 0)}
    assert channels_of(residual).absorbed == ()


def test_only_the_highest_derivatives_share_a_channel():
    # u_xx is below u_xxx, and what is left is shared: u_xxx and u_tt.
    found = channels_of(lambda self, p, f: f.u_tt + f.u_xx + f.u_xxx)
    assert found.indices == ((0, 0), (0, 1), (1, 0), (0, 2), (0, 3))
    assert found.absorbed == (((2, 0), (0, 3), 1 / 3),)


def test_derivatives_without_an_effect_have_no_channel_where_others_have_one():
    assert channels_of(lambda self, p, f: f.u_t - 0.0 * f.u_xx).indices == ((0, 0), (0, 1), (1, 0))
    assert channels_of(lambda self, p, f: f.u_t - 0.0 * f.u_xx).order == 1


class Boxed(Problem):
    """One field that may be rewritten."""

    coordinates = {"t": (0.0, 1.0), "x": (0.0, 1.0)}
    rewritten: bool = False

    @interior
    def residual(self, p, f):
        return f.u_tt - f.u_xx + f.u_x * p.t

    @interior
    def constant(self, p, f):
        return 2.0 * p.t

    def hard(self, p, f):
        return p.x * f.u if self.rewritten else f


def test_the_outputs_that_a_term_reads_are_known():
    problem = Boxed()
    assert required_channels(problem, problem.terms["residual"]).indices == ((0, 0), (0, 1), (1, 0), (0, 2))
    assert read_channels(problem, problem.terms["residual"]) == (1, 3)
    assert read_channels(problem, problem.terms["constant"]) == ()


def test_a_rewritten_field_reads_all_outputs():
    problem = Boxed(rewritten=True)
    assert read_channels(problem, problem.terms["residual"]) == (0, 1, 2, 3)


def raises(self, p, f):
    raise RuntimeError("the sky is falling\nand more")


@pytest.mark.parametrize(
    ("residual", "message"),
    [
        (
            lambda self, p, f: jnp.stack([f.u, f.u_x]),
            r"an array of shape \(2,\).*one real number per point. Write one term",
        ),
        (lambda self, p, f: (f.u, f.u_x), r"returns a tuple; allowed: one real number per point"),
        (lambda self, p, f: None, r"returns a NoneType; allowed: one real number"),
        (lambda self, p, f: 1, r"type int64; allowed: one real number"),
        (lambda self, p, f: f.u * 1j, r"type complex128; allowed: one real number"),
        (lambda self, p, f: f.u > 0, r"type bool; allowed: one real number"),
        (raises, r"cannot be evaluated .RuntimeError: the sky is falling.; allowed: jax.numpy expressions"),
        (lambda self, p, f: f.u if f.u > 0 else p.x, r"cannot be evaluated .TracerBoolConversionError"),
        (lambda self, p, f: self.missing * f.u, r"AttributeError: 'Mine' object has no attribute 'missing'"),
        (lambda self, p, f: f.w, r"`f.w` is neither a field nor a derivative of one; allowed: u, u_t, u_x"),
        (lambda self, p, f: p.y * f.u, r"`p.y` is not a coordinate; allowed: t, x"),
        (lambda self, p, f: f.u_txxxx, r"`f.u_txxxx` is a derivative of order 5; allowed: up to order 4"),
    ],
)
def test_impossible_terms_are_refused(residual, message):
    with pytest.raises(errors.ProblemError, match=message):
        channels_of(residual)


def test_the_message_names_the_term_and_the_problem():
    with pytest.raises(errors.ProblemError, match=r"term `residual` of problem `Mine`"):
        channels_of(raises)


def test_no_device_is_started():
    # A plan is made on a login node; a platform that does not exist cannot start.
    code = (
        "from hpcpinn.model import catalogue, requirements\n"
        "for name in catalogue.PROBLEMS:\n"
        "    problem = catalogue.problem(name)\n"
        "    requirements.all_channels(problem)\n"
        "    problem.sample({term: 64 for term in problem.terms})\n"
        "catalogue.listing()\n"
    )
    environment = {"JAX_PLATFORMS": "nonexistent", "PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
