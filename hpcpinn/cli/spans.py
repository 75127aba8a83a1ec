"""Spans of time as text."""


def about(seconds: float) -> str:
    """Two digits at most, in the largest unit of which there is one.

    >>> [about(seconds) for seconds in (0.2, 5.4, 100, 5000, 90000, 1e6)]
    ['under 1 s', '5 s', '1.7 min', '1.4 h', '25 h', '12 days']
    """
    if seconds < 1:
        return "under 1 s"
    units = (("days", 86400.0), ("h", 3600.0), ("min", 60.0))
    for name, size in units:
        if seconds >= (2 if name == "days" else 1) * size:
            return f"{_two_digits(seconds / size)} {name}"
    return f"{seconds:.0f} s"


def _two_digits(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0") if number < 9.95 else f"{number:.0f}"
