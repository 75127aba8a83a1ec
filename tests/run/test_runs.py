"""One run: what it records, and that nothing but its own configuration and seed decides it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

import hpcpinn
from hpcpinn.kernel import blocks, jacobian, spectrum
from hpcpinn.kernel.devices import first_device
from hpcpinn.kernel.ensembles.several import Several
from hpcpinn.kernel.ensembles.single import Single
from hpcpinn.training import loss, stability
from hpcpinn.training.objective import Objective

SHAPES = {
    "kernel": (3, 6, 6),
    "eigenvalue": (3, 3, 6),
    "noise_floor": (3, 3),
    "trace": (3, 3),
    "frobenius_norm": (3, 3),
    "spectral_norm": (3, 3),
    "kernel_drift": (3,),
    "parameter_drift": (3,),
    "loss": (3, 2),
    "weight": (3, 2),
    "relative_l2": (3,),
    "stability": (3,),
    "diverged_step": (3,),
}
ONLY_TRAINED = {"kernel_drift", "parameter_drift", "loss", "weight", "stability", "diverged_step"}
NOT_ALWAYS = {"eigenvalue", "diverged_step"}


def with_training(rate, loss_name="mean"):
    return f'[training]\nlearning_rate = {rate}\nsteps = 10\nrecord = [0, 3, 10]\nloss = "{loss_name}"\n'


@pytest.fixture(scope="module")
def trained(cell):
    return cell()


@pytest.fixture(scope="module")
def record(trained, run_seed):
    return run_seed(trained, 7)


def row_weights(cell):
    counts = cell.points.counts
    return loss.row_weights(loss.term_weights(cell.configuration.training.loss, counts), counts)


def test_every_quantity_has_the_recorded_steps_in_front(record):
    assert {name: values.shape for name, values in record.items()} == SHAPES
    assert all(values.dtype == np.float64 for values in record.values())
    assert all(np.isfinite(values).all() for name, values in record.items() if name not in NOT_ALWAYS)


def test_without_training_there_is_the_initialisation_only(cell, run_seed):
    found = run_seed(cell(rest=""), 7)
    assert {name: values.shape for name, values in found.items()} == {
        name: (1, *shape[1:]) for name, shape in SHAPES.items() if name not in ONLY_TRAINED
    }


def test_where_nothing_is_compared_there_is_no_error(cell, run_seed):
    assert "relative_l2" not in run_seed(cell(rest="", points="residual = 4\nboundary = 2\ncompared = 0"), 0)


def test_the_same_seed_gives_the_same_bits_whatever_ran_in_between(trained, record, run_seed):
    for seed in (0, 1):
        run_seed(trained, seed)
    again = run_seed(trained, 7)
    assert {name: values.tobytes() for name, values in again.items()} == {
        name: values.tobytes() for name, values in record.items()
    }


def test_lapack_has_one_thread_while_networks_are_trained(trained, run_seed, monkeypatch):
    """Its last bits, which are those of Levenberg-Marquardt, depend on the number of its threads."""
    seen, replace = [], Several.replace

    def watched(*given):
        seen.append({library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"})
        return replace(*given)

    monkeypatch.setattr(Several, "replace", watched)
    with threadpool_limits(2, user_api="blas"):
        run_seed(trained, 7)
    assert seen
    assert all(threads == {1} for threads in seen)


def test_other_seeds_are_other_networks(trained, record, run_seed):
    assert (run_seed(trained, 8)["kernel"][0] != record["kernel"][0]).any()


def test_the_kernel_at_step_0_is_the_public_one_of_the_documented_network(trained, record):
    params = trained.network.init(jax.random.key(7), trained.problem)
    public = hpcpinn.ntk(trained.problem, trained.network, params, trained.points)
    assert public.values.tobytes() == record["kernel"][0].tobytes()


def test_later_kernels_and_losses_are_those_of_the_trained_parameters(trained, record):
    params = trained.network.init(jax.random.key(7), trained.problem)
    counts = trained.points.counts
    x = {name: jnp.asarray(trained.points[name]) for name in counts}
    objective = Objective(trained.problem, trained.network, "mean")
    rate = 0.5 * stability.edge(record["kernel"][0], row_weights(trained))
    total = jax.jit(jax.grad(lambda theta: objective.losses(theta, x).sum()))
    moved = params
    for _ in range(10):
        moved = jax.tree.map(lambda leaf, slope: leaf - rate * slope, moved, total(moved))
    public = hpcpinn.ntk(trained.problem, trained.network, moved, trained.points)
    np.testing.assert_allclose(public.values, record["kernel"][2], rtol=1e-12)
    np.testing.assert_allclose(objective.losses(moved, x), record["loss"][2], rtol=1e-12)


def test_spectra_and_norms_are_those_of_the_recorded_kernels(trained, record):
    for step in range(3):
        for name, values in blocks.describe(record["kernel"][step], trained.points.counts).items():
            np.testing.assert_array_equal(record[name][step], values)


def test_drifts_begin_at_zero_and_are_relative_to_step_0(record):
    assert record["kernel_drift"][0] == record["parameter_drift"][0] == 0.0
    kernel = record["kernel"]
    expected = np.linalg.norm(kernel - kernel[0], axis=(1, 2)) / np.linalg.norm(kernel[0])
    np.testing.assert_allclose(record["kernel_drift"], expected, rtol=1e-14)
    assert (record["parameter_drift"][1:] > 0).all()


def test_the_loss_falls_below_the_edge(record):
    total = record["loss"].sum(axis=1)
    assert total[0] > total[1] > total[2]
    np.testing.assert_array_equal(record["weight"], 1.0)


def test_stability_is_the_learning_rate_over_the_present_edge(trained, record):
    assert record["stability"][0] == pytest.approx(0.5, rel=1e-15)
    rate = 0.5 * stability.edge(record["kernel"][0], row_weights(trained))
    for step in (1, 2):
        edge = stability.edge(record["kernel"][step], row_weights(trained))
        assert record["stability"][step] == pytest.approx(rate / edge, rel=1e-15)


@pytest.mark.parametrize("name", ["mean", "half_sum"])
def test_a_learning_rate_may_be_a_number(cell, name, record, run_seed):
    numbered = cell(rest=with_training(1e-6, name))
    found = run_seed(numbered, 7)
    assert found["kernel"][0].tobytes() == record["kernel"][0].tobytes()
    root = np.sqrt(row_weights(numbered))
    largest = np.linalg.eigvalsh(root[:, None] * found["kernel"][0] * root)[-1]
    assert found["stability"][0] == pytest.approx(1e-6 * largest, rel=1e-12)


def test_a_fraction_of_the_edge_makes_losses_that_differ_by_a_factor_the_same(cell, run_seed):
    """The mean over one term only rescales its sum, and the learning rate is scaled back by the edge."""
    half, whole = (run_seed(cell(rest=with_training('"0.5 edge"', name)), 7) for name in ("half_sum", "sum"))
    np.testing.assert_allclose(half["kernel"], whole["kernel"], rtol=1e-9)
    np.testing.assert_allclose(2 * half["loss"], whole["loss"], rtol=1e-9)


def test_a_kernel_in_float32_leaves_training_in_float64(cell, record, run_seed):
    """With a learning rate given as a number the path does not see the kernel at all."""
    rate = with_training(1e-6)
    low, high = (run_seed(cell(rest=rate + f'[kernel]\nprecision = "{name}"\n'), 7) for name in ("float32", "float64"))
    assert low["kernel"].dtype == np.float32
    assert low["eigenvalue"].dtype == np.float64
    for name in ("parameter_drift", "loss", "relative_l2"):
        assert low[name].dtype == np.float64
        assert low[name].tobytes() == high[name].tobytes()
    for step in range(3):
        floor = spectrum.noise_floor(high["spectral_norm"][step, 0], 6, low["kernel"].dtype)
        assert np.abs(low["kernel"][step] - high["kernel"][step]).max() <= floor
    np.testing.assert_allclose(low["noise_floor"] / high["noise_floor"], 2.0**29, rtol=1e-5)


def test_the_tile_does_not_matter_beyond_round_off(cell, record, run_seed):
    found = run_seed(cell(rest="[kernel]\ntile = 2\n"), 7)
    np.testing.assert_allclose(found["kernel"][0], record["kernel"][0], rtol=1e-12)


def bits(record):
    return {name: values.tobytes() for name, values in record.items()}


@pytest.fixture(scope="module")
def together(trained, run_seeds):
    return run_seeds(trained, [7, 0, 3])


def test_a_run_has_the_same_bits_alone_and_beside_others(trained, together, run_seed):
    for place, seed in enumerate((7, 0, 3)):
        assert bits({name: values[place] for name, values in together.items()}) == bits(run_seed(trained, seed))


def size(values):
    """The largest number that there is, 0 where there is none."""
    return np.nanmax(np.abs(values), initial=0.0)


def test_a_network_alone_on_its_devices_gives_the_same_numbers(trained, record, run_seeds):
    """Wide networks are not mapped over: other programs, the same run to round-off."""
    alone = run_seeds(trained, [7], Single(first_device()))
    for name, values in record.items():
        np.testing.assert_allclose(alone[name][0], values, rtol=1e-9, atol=1e-9 * size(values))


def test_without_spectra_everything_else_is_the_same(cell, run_seeds):
    """More rows than a dense spectrum can have: norms by Lanczos iteration, drifts from two streams of tiles."""
    parts = {"points": "residual = 30\nboundary = 2", "rest": with_training('"0.5 edge"')}
    kernel = '[kernel]\ntile = 9\nspectrum = "{}"\n'
    full, none = (
        run_seeds(cell(points=parts["points"], rest=parts["rest"] + kernel.format(kind)), [1, 2])
        for kind in ("full", "none")
    )
    assert full.keys() - none.keys() == {"eigenvalue"}
    for name, values in none.items():
        np.testing.assert_allclose(values, full[name], rtol=1e-8, atol=1e-8 * size(full[name]))


def test_shares_of_layers_add_up_to_the_kernel(cell, run_seeds):
    found = run_seeds(cell(depth=3, rest='[kernel]\nsummands = "layers"\n'), [0, 1])
    shares = [values for name, values in found.items() if name.startswith("kernel of ")]
    assert len(shares) == 4
    np.testing.assert_allclose(sum(shares), found["kernel"], rtol=0, atol=1e-13 * found["kernel"].max())


def test_the_conjugate_kernel_is_that_of_the_output_layer_alone(cell, run_seed):
    """The features are affine in the output's parameters: K = J J^T with the Jacobian over these alone."""
    tried = cell(depth=2, rest='[kernel]\nsummands = "conjugate"\n')
    problem, network = tried.problem, tried.network
    params = network.init(jax.random.key(4), problem)

    def rows(output):
        theta = params | {"output": output}
        return jnp.concatenate(
            [
                jax.vmap(lambda x, term=term: jacobian.residual(problem, term, network, theta, x))(tried.points[name])
                for name, term in problem.terms.items()
            ]
        )

    leaves = jax.tree.leaves(jax.jit(jax.jacrev(rows))(params["output"]))
    explicit = np.concatenate([leaf.reshape(len(leaf), -1) for leaf in leaves], axis=1)
    expected = explicit @ explicit.T
    found = run_seed(tried, 4)["kernel of output"][0]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12 * expected.max())
