import jax.numpy as jnp
import pytest

from hpcpinn import errors
from hpcpinn.model.problem import Problem, describe
from hpcpinn.model.terms import Face, boundary, interior

BOX = {"t": (0.0, 1.0), "x": (-1.0, 1.0)}


@interior
def residual(self, p, f):
    return f.u


def declare(**namespace):
    return type("Mine", (Problem,), {"coordinates": BOX, "residual": residual} | namespace)


def on(**faces):
    return boundary(**faces)(lambda self, p, f: f.u)


def test_terms_stand_in_the_order_of_the_class():
    found = declare(walls=on(x=(-1, 1)), initial=on(t=0))().terms
    assert list(found) == ["residual", "walls", "initial"]
    assert [term.name for term in found.values()] == list(found)


@pytest.mark.parametrize(
    ("where", "faces"),
    [
        ({"t": 0}, [("t", 0.0)]),
        ({"x": (-1, 1)}, [("x", -1.0), ("x", 1.0)]),
        ({"t": 0.5, "x": 1}, [("t", 0.5), ("x", 1.0)]),
        ({}, [("t", 0.0), ("t", 1.0), ("x", -1.0), ("x", 1.0)]),
    ],
)
def test_faces_are_coordinates_held_at_values(where, faces):
    assert declare(edge=on(**where))().terms["edge"].faces == tuple(Face(*face) for face in faces)


def test_the_interior_has_no_faces():
    assert declare()().terms["residual"].faces == ()


def test_a_derived_problem_keeps_and_replaces_terms():
    base = declare(initial=on(t=0))

    class Derived(base):
        @boundary(t=1)
        def initial(self, p, f):
            return f.u_t

        @interior
        def second(self, p, f):
            return f.u_x

    assert list(Derived().terms) == ["residual", "initial", "second"]
    assert Derived().terms["initial"].faces == (Face("t", 1.0),)
    assert base().terms["initial"].faces == (Face("t", 0.0),)


def test_parameters_are_the_annotated_attributes_and_a_problem_is_a_value():
    class Tuned(Problem):
        """A first line that tells what it is."""

        coordinates = BOX
        viscosity: float = 0.1
        upwind: bool = False
        not_a_parameter = 3
        residual = residual

    assert Tuned.parameter_names() == ("viscosity", "upwind")
    assert Tuned(viscosity=0.2) == Tuned(viscosity=0.2) != Tuned()
    assert hash(Tuned(viscosity=0.2)) == hash(Tuned(viscosity=0.2))
    assert repr(Tuned()).endswith("Tuned(viscosity=0.1, upwind=False)")
    assert describe(Tuned) == "A first line that tells what it is."
    with pytest.raises(AttributeError, match="cannot assign to field"):
        Tuned().viscosity = 1.0


@pytest.mark.parametrize(
    ("namespace", "message"),
    [
        ({"coordinates": {}}, r"has no coordinates; allowed: an interval for each"),
        ({"coordinates": {"x": (1.0, 0.0)}}, r"coordinate `x`.*interval \(1.0, 0.0\); allowed: two finite numbers"),
        ({"coordinates": {"x": (0.0, float("inf"))}}, r"interval \(0.0, inf\); allowed: two finite numbers"),
        ({"coordinates": {"x": 1.0}}, r"interval 1.0; allowed: two finite numbers"),
        ({"coordinates": {"step": (0.0, 1.0)}}, r"a coordinate `step`; allowed: .* none of .*Rename it"),
        ({"coordinates": {"x_1": (0.0, 1.0)}}, r"a coordinate `x_1`; allowed: a name of letters and digits"),
        ({"fields": "uv"}, r"the fields 'uv'; allowed: a tuple of different names"),
        ({"fields": ("u", "u")}, r"the fields \('u', 'u'\); allowed: a tuple of different names"),
        ({"fields": ()}, r"the fields \(\); allowed: a tuple"),
        ({"fields": ("u", "2u")}, r"a field `2u`; allowed: a Python name"),
        ({"fields": ("u", "_v")}, r"a field `_v`; allowed: a Python name that does not begin with an underscore"),
        ({"fields": ("u_tx", "u")}, r"a field `u_tx`, which is also a derivative of its field `u`"),
        ({"residual": None}, r"has no term; allowed: at least one method under @hpcpinn.interior"),
        (
            {"seed": residual},
            r"called `seed`; allowed: any name but all, sampling, seed, compared, drawn_from, every. Rename it",
        ),
        ({"sample": residual}, r"called `sample`; allowed: any name but .*terms"),
        ({"edge": on(y=0)}, r"term `edge`.*names the coordinate `y`; allowed: t, x"),
        ({"edge": on(x=2)}, r"term `edge`.*is at x = 2; allowed: a number from -1.0 to 1.0"),
        ({"edge": on(x=float("nan"))}, r"is at x = nan; allowed: a number from"),
        ({"edge": on(x=())}, r"term `edge`.*has no values of `x`; allowed: at least one, such as x=-1.0"),
        (
            {"__annotations__": {"fields": tuple}, "fields": ("u",)},
            r"annotates `fields: .*Write `fields = ...` without",
        ),
    ],
)
def test_impossible_declarations_are_refused_when_the_class_is_written(namespace, message):
    with pytest.raises(errors.ProblemError, match=message):
        declare(**namespace)


def test_terms_see_coordinates_parameters_and_fields():
    class Sum(Problem):
        """Adds up what it sees."""

        coordinates = BOX
        weight: float = 2.0

        @interior
        def residual(self, p, f):
            return self.weight * f.u_x + p.t + jnp.sin(p.x)

    assert list(Sum().terms) == ["residual"]
    assert Sum(weight=3.0).weight == 3.0
