"""The coefficient of variation over seeds: how much of a quantity is chance."""

import xarray as xr


def variation(array: xr.DataArray, over: str = "seed") -> xr.DataArray:
    r"""$\sigma/\mu$ over the seeds, with the unbiased estimate of the variance; NaN where fewer than two have run."""
    counted = array.count(over)
    found = array.std(over, ddof=1) / array.mean(over)
    described = {"long_name": f"coefficient of variation of {array.attrs.get('long_name', array.name)}", "units": "1"}
    return found.where(counted > 1).rename("variation").assign_attrs(described)
