r"""Whether finite networks and their infinite-width limit follow one law: the test of Kolmogorov and Smirnov.

The statistic is the largest distance between the two empirical distribution functions; a small $p$ tells the samples
apart, a large one does not prove them alike.
"""

import numpy as np
import xarray as xr

from hpcpinn import errors


def same_law(finite: xr.DataArray, limit: xr.DataArray, *, over: str = "seed", draws: str = "draw") -> xr.DataArray:
    """The $p$-value of every comparison, over the dimensions that remain.

    Args:
        finite: of networks, with the dimension `over`; runs that are NaN are left out.
        limit: of the limit, with the dimension `draws`.
        over: the dimension of one sample.
        draws: that of the other.

    Raises:
        ResultsError: a sample without its dimension.
    """
    for array, dim in ((finite, over), (limit, draws)):
        if dim not in array.dims:
            raise errors.ResultsError(
                f"`{array.name}` is no sample over `{dim}`; {errors.nearest(dim, map(str, array.dims))} "
                "Of a linear problem the limit is one kernel: ask for its distance."
            )
    import scipy.stats  # takes as long to import as everything else here, and opening a study needs none of it

    def p(some: np.ndarray, drawn: np.ndarray) -> float:
        ran = some[np.isfinite(some)]
        if not len(ran):
            return np.nan
        return scipy.stats.ks_2samp(ran, drawn).pvalue  # pyright: ignore[reportAttributeAccessIssue]

    found = xr.apply_ufunc(p, finite, limit, input_core_dims=[[over], [draws]], vectorize=True)
    return found.rename("p").assign_attrs(long_name="p-value of the two-sample Kolmogorov-Smirnov test", units="1")
