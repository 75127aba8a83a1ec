r"""The steady flow in a square cavity $[0, 1]^2$ whose lid, $y = 1$, moves with speed one.

With the stream function $\psi$, $u = \psi_y$ and $v = -\psi_x$, the vorticity $\omega = -\Delta\psi$ is carried along
and spreads, $u\,\omega_x + v\,\omega_y = \Delta\omega/Re$, with $\psi = 0$ on the boundary and $\omega$ there from
$\psi$ and the speed of the wall. Differences are central, on points that cluster at the walls, and Newton's method is
for $\psi$ alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy import sparse
from scipy.interpolate import RectBivariateSpline
from scipy.sparse.linalg import splu

from hpcpinn.errors import ProblemError
from hpcpinn.reference import stencils
from hpcpinn.reference.solution import Solution

_CELLS = 64
_TOLERANCE, _ITERATIONS = 1e-10, 12
# On 64 cells Newton's method finds no flow at 5000; that of 3200 is known to a few per cent of the extremes.
_LARGEST = 3200.0

_Square = Float[np.ndarray, "x y"]


def cavity(reynolds: float, cells: int = _CELLS) -> Solution:
    r"""The velocities `u` and `v` at a Reynolds number.

    Second order in the cells, extrapolated from n and 2n of them (Richardson): at $Re = 100$ the extremes along the
    centre lines are those of Botella and Peyret, *Computers and Fluids* 27 (1998) 421-433, to 1e-5. In the corners at
    the lid, where the velocity jumps from 1 to 0, it is given as the mean 1/2.

    Args:
        reynolds: the Reynolds number, positive.
        cells: n, the cells along a side; four at least.

    Raises:
        ProblemError: a Reynolds number at which there is no steady flow to be found.
    """
    if not 0 < reynolds <= _LARGEST:
        raise _nothing_found(reynolds)
    coarse = _mesh(cells)
    stream = np.zeros((cells - 1, cells - 1))
    for step in _up_to(reynolds):
        stream = coarse.flow(step, stream)
    fine = _mesh(2 * cells)
    refined = fine.flow(reynolds, fine.interpolated(coarse, stream))
    both = zip(coarse.velocity(stream), fine.velocity(refined), strict=True)
    u, v = ((4 * often[::2, ::2] - once) / 3 for once, often in both)
    u[[0, -1], -1] = 0.5
    return Solution({"x": coarse.x, "y": coarse.x}, {"u": u, "v": v}, degree=3)


def _up_to(reynolds: float) -> Iterator[float]:
    """Reynolds numbers on the way: Newton's method finds each from the one before, and the first from rest."""
    step = 200.0
    while step < reynolds:
        yield step
        step *= 2
    yield reynolds


@dataclass(frozen=True, eq=False)
class _Cavity:
    """Matrices on a mesh, for a stream function that is given at its inner points.

    Attributes:
        x: the points along a side.
        u: the velocity along x, at inner points.
        v: the velocity along y, there.
        vorticity: the vorticity at all points, but for what the lid adds.
        along_x: the derivative of the vorticity along x, at inner points.
        along_y: the same along y.
        laplacian: the Laplacian of the vorticity, there.
        lid: what the lid adds to the vorticity at all points.
    """

    x: Float[np.ndarray, " point"]
    u: sparse.csr_array
    v: sparse.csr_array
    vorticity: sparse.csr_array
    along_x: sparse.csr_array
    along_y: sparse.csr_array
    laplacian: sparse.csr_array
    lid: Float[np.ndarray, " all"]

    def flow(self, reynolds: float, start: _Square) -> _Square:
        """The stream function, by Newton's method from another one."""
        stream = start.ravel()
        for _ in range(_ITERATIONS):
            change = splu(self._jacobian(reynolds, stream)).solve(self._residual(reynolds, stream))
            stream = stream - change
            if not np.isfinite(change).all():
                break
            if np.abs(change).max() < _TOLERANCE:
                return stream.reshape(start.shape)
        raise _nothing_found(reynolds)

    def velocity(self, stream: _Square) -> tuple[Float[np.ndarray, "all all"], Float[np.ndarray, "all all"]]:
        """The velocities along x and y at all points."""
        u, v = (np.pad((of @ stream.ravel()).reshape(stream.shape), 1) for of in (self.u, self.v))
        u[1:-1, -1] = 1.0
        return u, v

    def interpolated(self, other: "_Cavity", stream: _Square) -> Float[np.ndarray, "inner inner"]:
        """The stream function on another mesh, at the inner points of this one."""
        return RectBivariateSpline(other.x, other.x, np.pad(stream, 1))(self.x[1:-1], self.x[1:-1])

    def _residual(self, reynolds: float, stream: Float[np.ndarray, " inner"]) -> Float[np.ndarray, " inner"]:
        vorticity = self.vorticity @ stream + self.lid
        carried = (self.u @ stream) * (self.along_x @ vorticity) + (self.v @ stream) * (self.along_y @ vorticity)
        return carried - self.laplacian @ vorticity / reynolds

    def _jacobian(self, reynolds: float, stream: Float[np.ndarray, " inner"]) -> sparse.csc_array:
        vorticity = self.vorticity @ stream + self.lid
        moving = _times(self.u @ stream, self.along_x) + _times(self.v @ stream, self.along_y)
        turning = _times(self.along_x @ vorticity, self.u) + _times(self.along_y @ vorticity, self.v)
        return sparse.csc_array((moving - self.laplacian / reynolds) @ self.vorticity + turning)


def _mesh(cells: int) -> _Cavity:
    x = stencils.clustered(cells)
    slope, bend, inner = stencils.first(x), stencils.second(x), stencils.padded(len(x))
    here, between = sparse.csr_array(inner.T), stencils.second_between_walls(x)
    lid = np.zeros((len(x), len(x)))
    lid[1:-1, -1] = stencils.wall_slope(x)  # the slope away from the lid is -u = -1, and the vorticity -psi_yy
    return _Cavity(
        x=x,
        u=_kron(here @ inner, slope @ inner),
        v=-_kron(slope @ inner, here @ inner),
        vorticity=-_kron(between, inner) - _kron(inner, between),
        along_x=_kron(slope, here),
        along_y=_kron(here, slope),
        laplacian=_kron(bend, here) + _kron(here, bend),
        lid=lid.ravel(),
    )


def _kron(along_x: sparse.csr_array, along_y: sparse.csr_array) -> sparse.csr_array:
    return sparse.csr_array(sparse.kron(along_x, along_y))


def _times(row: Float[np.ndarray, " inner"], matrix: sparse.csr_array) -> sparse.csr_array:
    return sparse.csr_array(sparse.diags_array(row) @ matrix)


def _nothing_found(reynolds: float) -> ProblemError:
    return ProblemError(
        f"there is no reference solution for reynolds = {reynolds:g}; allowed: a positive number up to {_LARGEST:g}, "
        "where the flow is steady. Choose such a number, or write `points.compared = 0` to do without the error."
    )
