"""Memory of this process and of this machine."""

import ctypes
import os
import resource
from contextlib import suppress
from pathlib import Path

_KIB = 1024


def reset_peak() -> None:
    """Give back what is free, and forget the peak so far, where the kernel allows it (Linux, since 4.0).

    The C library keeps freed memory: after a limit, tasks of 420 MiB were seen at 730.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)  # glibc only
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak_bytes() -> int:
    """The largest resident memory since `reset_peak`, or since the process started where that is not possible."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _KIB
    fields = dict(line.split(":", 1) for line in lines)
    return int(fields["VmHWM"].split()[0]) * _KIB


def is_exhausted(error: Exception) -> bool:
    """Whether an exception says that memory, of the host or of a device, was not enough."""
    return isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in str(error)


def machine_bytes() -> int:
    """The memory of this machine, or what the control group of this process allows if that is less."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([whole, *_group_limits()])


def _group_limits() -> list[int]:
    for file in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with suppress(OSError, ValueError):
            return [int(Path(file).read_text(encoding="ascii"))]
    return []
