"""How many runs a study has, and how many of them have no result: what a figure made of it has to say."""

import xarray as xr


def tally(study: xr.Dataset) -> str:
    """The runs of a study, or of a part of it, and those that failed or have not run: `280 runs, 2 failed`."""
    said = [f"{study['status'].size} runs"]
    for state in ("failed", "waiting"):
        count = int((study["status"] == state).sum())
        said += [f"{count} {state}"] if count else []
    return ", ".join(said)
