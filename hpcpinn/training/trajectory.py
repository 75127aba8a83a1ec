"""The path of the parameters through training, seen at the recorded steps."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax

from hpcpinn.kernel import processes

# Steps in one call of the compiled loop at most; the bits do not depend on it.
_STRIDE = 1000
# A stride is made twice as long when it took less than the first, half as long when it took more than the second: what
# is asked of a process between strides is noticed within seconds, and calls cost nothing beside the steps.
_SHORT_SECONDS, _LONG_SECONDS = 2.0, 8.0


def trajectory(
    advance: Callable[[Any, int, int], Any],
    params: Any,
    record: Sequence[int],
    step: int = 0,
    pause: Callable[[int, Any], None] = lambda step, params: None,
) -> Iterator[Any]:
    """The parameters at every recorded step, in increasing order; step 0 is the initialisation.

    Where `advance` puts its result in the place of the parameters, those of a recorded step last until the next one.

    Args:
        advance: parameters, the steps done and a number of steps to the parameters after these steps.
        params: the parameters at `step`.
        record: increasing steps, from `step` on.
        step: where the path begins.
        pause: called between strides with the steps done and the parameters there.
    """
    stride = 1
    for recorded in record:
        while step < recorded:
            started, steps = time.monotonic(), min(stride, recorded - step)
            params = jax.block_until_ready(advance(params, step, steps))
            step += steps
            stride = processes.agreed(_next(stride, time.monotonic() - started, whole=steps == stride))
            pause(step, params)
        yield params


def _next(stride: int, seconds: float, whole: bool) -> int:
    if seconds > _LONG_SECONDS:
        return max(1, stride // 2)
    return min(_STRIDE, 2 * stride) if whole and seconds < _SHORT_SECONDS else stride
