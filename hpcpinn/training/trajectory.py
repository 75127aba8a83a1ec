"""The path of the parameters through training, seen at the recorded steps."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

# Steps in one call of the compiled loop: an interrupt is noticed between calls, and the bits do not depend on it.
_STRIDE = 1000


def trajectory(advance: Callable[[Any, int], Any], params: Any, record: Sequence[int]) -> Iterator[Any]:
    """The parameters at every recorded step, in increasing order; step 0 is the initialisation.

    Args:
        advance: parameters and a number of steps to the parameters after these steps.
        params: the initialisation.
        record: increasing steps.
    """
    step = 0
    for recorded in record:
        while step < recorded:
            stride = min(_STRIDE, recorded - step)
            params = advance(params, stride)
            step += stride
        yield params
