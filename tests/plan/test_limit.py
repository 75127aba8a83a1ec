"""What an infinitely wide network depends on."""

from pathlib import Path

from hpcpinn.plan.limit import limit_places
from hpcpinn.study.reading import parse_study

SWEEP = """
width = [8, 16]
depth = [1, 2]
"network.activation" = ["tanh", "sin"]
"points.residual" = [4, 6]
"training.learning_rate" = [0.1, 0.2]
"kernel.precision" = ["float32", "float64"]
"""


def test_it_depends_on_everything_but_width_and_training_and_the_kernels_precision():
    study = parse_study(
        f'name = "a"\nproblem = "poisson1d"\n[sweep]\n{SWEEP}\n[points]\nboundary = 2\n[training]\nsteps = 1\n', Path()
    )
    places = limit_places(study.cell_axes)
    assert [study.cell_axes[place].name for place in places] == ["depth", "activation", "residual"]
