"""Matrices in threads: the numbers of each, in their order, however they are dealt out."""

import numpy as np
import pytest

from hpcpinn.kernel import blocks, threads


@pytest.mark.parametrize(("count", "size"), [(1, 3), (7, 100), (9, 128), (3, 600)])
def test_what_is_told_of_a_matrix_does_not_depend_on_those_beside_it(count, size):
    random = np.random.default_rng(0).standard_normal((count, size, size))
    matrices = random + random.swapaxes(1, 2)
    found = threads.described(lambda some: blocks.describe(some, {"u": size}), matrices)
    for k, one in enumerate(matrices):
        for name, values in blocks.describe(one, {"u": size}).items():
            np.testing.assert_array_equal(found[name][k], values)


def test_each_keeps_the_order_of_its_matrices():
    matrices = np.arange(20.0).reshape(5, 2, 2)
    assert threads.each(np.trace, matrices) == [np.trace(one) for one in matrices]
