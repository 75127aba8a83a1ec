"""Time and memory of one contender in its own process, told as one line of JSON."""

import contextlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.kernel.case import Case

AT_LEAST, AT_MOST = 3, 500
# One slow repetition is enough: what takes longer than this many budgets is not repeated.
SLOW = 5
_KIB = 1024


def tell(case: Case, compute: Callable[[], np.ndarray], **facts: Any) -> None:
    """Run `compute` until the budget is spent, keep its answer where the case wants it, and print what was measured.

    The first call, which compiles, is told apart. The peak is that of the process from here on, so that what drew the
    parameters does not count, and the parameters and compilers do.
    """
    reset_peak()
    first, answer = timed(compute)
    if case.answer:
        np.save(case.answer, answer)
    seconds = repeated(compute, case.budget)
    told = {"first": first, "seconds": seconds, "peak_bytes": _peak_bytes(), **machine(), **facts}
    print(json.dumps(told), flush=True)


def timed(compute: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of one call, and what it returned."""
    started = time.perf_counter()
    answer = compute()
    return time.perf_counter() - started, answer


def repeated(compute: Callable[[], Any], budget: float) -> list[float]:
    """Seconds of every repetition: at least three, unless one takes many budgets."""
    seconds: list[float] = []
    while len(seconds) < AT_MOST and sum(seconds) < (SLOW if len(seconds) < AT_LEAST else 1) * budget:
        seconds.append(timed(compute)[0])
    return seconds


def reset_peak() -> None:
    """Forget the peak so far, where the operating system allows it."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def machine() -> dict[str, Any]:
    """Where this process computes: platform, device, the memory of a device that has its own, version of JAX."""
    import jax  # the two interpreters have different ones

    device = jax.devices()[0]
    facts = {"platform": device.platform, "device": device.device_kind, "jax": jax.__version__}
    if device.platform != "cpu":
        facts["memory_bytes"] = (device.memory_stats() or {}).get("bytes_limit", 0)
    return facts


def _peak_bytes() -> int:
    import jax

    device = jax.devices()[0]
    if device.platform == "cpu":
        return _resident_peak()
    return (device.memory_stats() or {}).get("peak_bytes_in_use", 0)


def _resident_peak() -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    return int(fields["VmHWM"].split()[0]) * _KIB
