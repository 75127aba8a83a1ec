"""Everybody in the benchmark of training takes the same steps, and its tables say who was how fast."""

import pytest


@pytest.fixture
def of_training(module):
    return lambda name: module(name, "benchmarks.training")


@pytest.mark.parametrize(
    ("problem", "seeds"), [("poisson1d", 1), ("poisson1d", 2), pytest.param("helmholtz2d", 1, marks=pytest.mark.long)]
)
def test_all_contenders_reach_the_same_parameters(of_training, eps, problem, seeds):
    case, race = of_training("case"), of_training("race")
    asked = case.Case(problem, 4, "adam", seeds)
    records = list(race.run(asked, race.Pace(turns=2, seconds=1e-3)))
    assert len(records) == (5 if seeds == 1 else 4)
    for one in records:
        assert one.difference < 1e3 * eps
        assert len(one.seconds) == 2
        assert one.fastest > 0
        assert case.Record.read(one.line()) == one


def test_a_table_has_the_ratio_to_the_fastest_loop_and_to_many_seeds_together(of_training):
    case, race, plain = (of_training(name) for name in ("case", "race", "plain"))
    alone, several = case.Case("poisson1d", 64, "gd"), case.Case("poisson1d", 64, "gd", 20)
    loops = [case.Record(alone, way, [9.0, 4.0 + k], 0.0) for k, way in enumerate(plain.WAYS)]
    names = (race.PLAIN, race.ONE_BY_ONE, race.TOGETHER, race.VMAP)
    seeds = [case.Record(several, name, [time], 0.0) for name, time in zip(names, (3.0, 2.0, 1.0, 0.5), strict=True)]
    text = of_training("tables").markdown([case.Record(alone, race.OURS, [3.0, 8.0], 0.0), *loops, *seeds])
    assert "| poisson1d | 64 | gd | 3 s | 0.75 | 4 s | 5 s | 6 s | 7 s |" in text
    assert "| poisson1d | 64 | gd | 20 | 1 s | 3 s | 3.00× | 2 s | 2.00× | 500 ms | 0.50× |" in text
