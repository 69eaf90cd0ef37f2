# %% [markdown]
# # 8. Poisson blending of video
#
# Cut a car out of one clip, paste it into another, and a hard edge in space and a jump in time give the montage away. Poisson blending
# keeps the *differences* between neighbouring voxels of the source and lets their absolute values go: the pasted region takes over the
# light of the place it comes to. Here the clip is one volume with axes time, height, width, so the seam disappears in time as well, and the
# system of equations gets large enough that the choice of the solver decides whether it is solved in a blink or never.
#
# *Lecture:* [video as a volume](../lectures/a08_poisson_blending.md). *Time:* 3 hours; it runs in a minute on two cores.
#
# **Conventions.** A volume is one colour channel of a clip, a float array of shape `(T, H, W)`; axes 0, 1, 2 are time, downwards,
# rightwards. A mask is a boolean volume, true where voxels are unknown. `weights` are three numbers, one an axis: how much a difference
# along that axis counts.

# %%
import time

import numpy as np
import scipy.fft
from matplotlib.figure import Figure
from scipy.ndimage import binary_dilation

from assignments.common import devices, pictures, results, show
from autograder.checks import a08_poisson_blending as check
from data_scripts import clips, fetch, plates

# %% [markdown]
# ## 8.1 What the edges should be
#
# Call a pair of neighbouring voxels $p, q$ an *edge*. The blended volume $I$ should have, along every edge that touches the mask $M$, the
# difference $v_{pq}$ that we ask for, and outside of the mask it is the background $B$ (Pérez, Gangnet and Blake 2003, in two dimensions;
# Wang, Raskar and Ahuja 2004 add time):
#
# $$ \min_I \sum_{p \in M \text{ or } q \in M} w_{pq}\,(I_q - I_p - v_{pq})^2 \quad\text{with } I = B \text{ outside } M \tag{8.1} $$
#
# What to ask for is the artist's choice. *Import* takes the source as it is. *Mixed* keeps the stronger of the two structures, edge by
# edge, so that a texture of the background shows through a pale source:
#
# $$ v_{pq} = S_q - S_p \quad\text{or}\quad v_{pq} =
# \begin{cases} S_q - S_p & |S_q - S_p| > |B_q - B_p| \\ B_q - B_p & \text{else} \end{cases} \tag{8.2} $$
#
# Edges along an axis are one fewer than voxels: entry $i$ of an edge array is the step from voxel $i$ to voxel $i + 1$.


# %% exercise="guidance"
def guidance(source: np.ndarray, background: np.ndarray, kind: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Differences that the blend should have along each axis, Eq. (8.2).

    Args:
        source: (T, H, W) float array.
        background: (T, H, W) float array in the unit of `source`.
        kind: "import" takes the source's differences, "mixed" on every edge for itself the one of larger magnitude (at a tie either).

    Returns:
        three arrays of shapes (T-1, H, W), (T, H-1, W) and (T, H, W-1): value at i + 1 minus value at i along time, height, width.

    Raises:
        ValueError: `kind` is neither of the two.
    """
    # BEGIN SOLUTION
    if kind not in ("import", "mixed"):
        raise ValueError(f'kind must be "import" or "mixed", got {kind!r}')
    ours = tuple(np.diff(source, axis=axis) for axis in range(3))
    if kind == "import":
        return ours
    theirs = tuple(np.diff(background, axis=axis) for axis in range(3))
    return tuple(np.where(abs(own) > abs(other), own, other) for own, other in zip(ours, theirs, strict=True))  # (8.2)
    # END SOLUTION


# %% check="guidance"
if __name__ == "__main__":
    check.guidance(guidance)

# %% [markdown]
# ## 8.2 The left side: a Laplacian on the mask
#
# Set the derivative of (8.1) with respect to one unknown $I_p$ to zero, and collect what is unknown on the left:
#
# $$ (A I)_p = \sum_{q \in N(p)} w_{pq}\, (I_p - I_q [q \in M]) \;=\; b_p, \qquad p \in M \tag{8.3} $$
#
# $N(p)$ are the neighbours *within the volume*: six inside, fewer at its border. A neighbour that the volume does not have gives no term at
# all. This is the **natural** boundary: nothing is asked of the first frame's past. A neighbour outside of the mask is known; its value
# moves to the right side, but its edge still counts in front of $I_p$. This is the **Dirichlet** boundary.
#
# There are as many equations as unknowns, a million for a small clip. We never store them: a function that applies $A$ is all that the
# solvers need. Slices, products and in-place sums are the same in NumPy and torch: write all but `solve_box` with them from here on (zeros
# are `0 * volume`, a copy is `1 * volume`, a choice is `mask * volume`, a scalar product is `_dot` of 8.5), so that it runs on tensors, and
# on a GPU, as well. The checks try both.

# %%
Weights = tuple[float, float, float]
UNIT = (1.0, 1.0, 1.0)


def along(axis: int) -> tuple[tuple, tuple, tuple, tuple]:
    """Indices of all voxels but the last along an axis, of all but the first, of the first, and of the last."""
    before = (slice(None),) * axis
    return (*before, slice(None, -1)), (*before, slice(1, None)), (*before, 0), (*before, -1)


# %% exercise="laplacian"
def laplacian(volume: np.ndarray, mask: np.ndarray, weights: Weights) -> np.ndarray:
    """Left side of the normal equations, Eq. (8.3), without a matrix.

    Args:
        volume: (T, H, W) float array, zero outside of the mask.
        mask: (T, H, W) bool array, true where voxels are unknown.
        weights: of the edges along time, height, width; none negative.

    Returns:
        (T, H, W) float array in the unit of `volume`, zero outside of the mask.
    """
    # Hint: an edge with difference d gives -d to its lower voxel and +d to its upper one. `along(axis)` begins with both ends of all edges.
    # BEGIN SOLUTION
    result = 2 * sum(weights) * volume
    parts = {weight: weight * volume for weight in set(weights)}  # often all weights are equal
    for axis, weight in enumerate(weights):
        lower, upper, first, last = along(axis)
        part = parts[weight]
        result[upper] -= part[lower]  # (8.3)
        result[lower] -= part[upper]
        result[first] -= part[first]  # at the border of the volume a neighbour is missing
        result[last] -= part[last]
    result *= mask
    return result
    # END SOLUTION


# %% check="laplacian"
if __name__ == "__main__":
    check.laplacian(laplacian)

# %% [markdown]
# ## 8.3 The right side
#
# What is known: the wanted differences, and the background where an edge leaves the mask.
#
# $$ b_p = \sum_{q \in N(p)} w_{pq}\, \big( B_q [q \notin M] - v_{pq} \big) \tag{8.4} $$
#
# Mind the sign: $v_{pq}$ is the step *from* $p$ *to* $q$, so $v_{qp} = -v_{pq}$. Of each pair, an edge array stores the step towards the
# larger index.


# %% exercise="right_side"
def right_side(edges: tuple, background: np.ndarray, mask: np.ndarray, weights: Weights) -> np.ndarray:
    """Right side of the normal equations, Eq. (8.4).

    Args:
        edges: wanted differences along time, height, width, as `guidance` returns them.
        background: (T, H, W) float array.
        mask: (T, H, W) bool array, true where voxels are unknown.
        weights: of the edges along time, height, width; none negative.

    Returns:
        (T, H, W) float array in the unit of `background`, zero outside of the mask.
    """
    # BEGIN SOLUTION
    known = background * ~mask
    result = 0 * background
    for axis, (edge, weight) in enumerate(zip(edges, weights, strict=True)):
        lower, upper, *_ = along(axis)
        result[lower] += weight * (known[upper] - edge)  # (8.4), p below q
        result[upper] += weight * (known[lower] + edge)  # p above q
    return mask * result
    # END SOLUTION


# %% check="right_side"
if __name__ == "__main__":
    check.right_side(right_side)

# %% [markdown]
# ## 8.4 First rung: Jacobi
#
# Solve every equation for its own unknown, with the neighbours' values of the last round:
#
# $$ I \leftarrow I + D^{-1} (b - A I), \qquad D_p = \sum_{q \in N(p)} w_{pq} \tag{8.5} $$
#
# News travels one voxel a sweep. Start from $I = 0$ inside of the mask.


# %%
def degree(mask: np.ndarray, weights: Weights) -> np.ndarray:
    """(T, H, W) float array D of Eq. (8.5): the weights of all edges at a voxel, added up; of the mask only the shape counts."""
    total = 0.0 * mask
    for axis, weight in enumerate(weights):
        for end in along(axis)[:2]:
            total[end] += weight
    return total


# %% exercise="jacobi"
def jacobi(right: np.ndarray, mask: np.ndarray, weights: Weights, sweeps: int) -> np.ndarray:
    """Sweeps of Jacobi's method, Eq. (8.5), from zero.

    Args:
        right: (T, H, W) float array, right side of the equations, zero outside of the mask.
        mask: (T, H, W) bool array, true where voxels are unknown; every voxel has an edge of positive weight.
        weights: of the edges along time, height, width; none negative.
        sweeps: number of updates of the whole volume, at least 0.

    Returns:
        (T, H, W) float array, zero outside of the mask.
    """
    # BEGIN SOLUTION
    diagonal = degree(mask, weights)
    volume = 0 * right
    for _ in range(sweeps):
        volume = volume + (right - laplacian(volume, mask, weights)) / diagonal  # (8.5)
    return volume
    # END SOLUTION


# %% check="jacobi"
if __name__ == "__main__":
    check.jacobi(jacobi)

# %% [markdown]
# ## 8.5 Second rung: conjugate gradients
#
# $A$ is symmetric, and positive definite if every separate part of the mask has a known neighbour (one along an axis of weight 0 does not
# count). So the solution is the bottom of a bowl, and conjugate gradients walk down in directions that do not undo each other. With the
# residual $r = b - A I$ and some cheap, symmetric, positive definite guess $Q \approx A^{-1}$, the *preconditioner*:
#
# $$ z = Q r, \qquad d \leftarrow z + \frac{r^\top z}{(r^\top z)_{\text{last}}}\, d, \qquad \alpha = \frac{r^\top z}{d^\top A d}, \qquad
# I \leftarrow I + \alpha d, \qquad r \leftarrow r - \alpha A d \tag{8.6} $$
#
# with $d = z$ at first. Without a preconditioner, $z = r$. The number of steps grows like the width of the mask.


# %% exercise="conjugate_gradients"
def conjugate_gradients(
    right: np.ndarray, mask: np.ndarray, weights: Weights, tolerance: float, max_steps: int, precondition=None
) -> tuple[np.ndarray, list[float]]:
    """Conjugate gradients from zero, Eq. (8.6).

    Args:
        right: (T, H, W) float array, right side b of the equations, zero outside of the mask.
        mask: (T, H, W) bool array, true where voxels are unknown; not all of them.
        weights: of the edges along time, height, width; none negative.
        tolerance: stop as soon as the residual's norm is at most this part of the norm of `right`.
        max_steps: stop after as many steps at the latest.
        precondition: function from residual to z, or None for z = r.

    Returns:
        the solution, a (T, H, W) float array, zero outside of the mask, and the norms |b - A I| / |b| before the first step (1.0) and
        after each one. For b = 0 the solution is zero and the list [0.0].
    """
    # BEGIN SOLUTION
    solution, r, d = 0 * right, 1 * right, 0 * right
    size, last_rz = _dot(right, right) ** 0.5, np.inf  # new r.z / old r.z is 0 in the first step: d = z
    norms = [float(size > 0)]
    while norms[-1] > tolerance and len(norms) <= max_steps:
        z = r if precondition is None else precondition(r)
        rz = _dot(r, z)
        d = z + (rz / last_rz) * d  # (8.6)
        Ad = laplacian(d, mask, weights)
        length = rz / _dot(d, Ad)
        solution += length * d
        r -= length * Ad
        last_rz = rz
        norms.append(_dot(r, r) ** 0.5 / size)
    return solution, norms
    # END SOLUTION


def _dot(first: np.ndarray, second: np.ndarray) -> float:
    return float(first.ravel() @ second.ravel())  # r.z, d.Ad and the square of a norm, in NumPy and torch


# %% check="conjugate_gradients"
if __name__ == "__main__":
    check.conjugate_gradients(conjugate_gradients)

# %% [markdown]
# ## 8.6 A lift for boxes: sine and cosine transforms
#
# On a full box the eigenvectors of $A$ are known, they are products of one wave an axis, and a fast transform finds all coefficients at
# once. Along an axis with $n$ unknowns between two **known** neighbours, waves must vanish just outside: sines. Along an axis at whose both
# ends the *volume* ends, waves must be flat there: cosines.
#
# $$ \text{known: DST-I, } \lambda_k = 2 - 2\cos\frac{\pi k}{n+1},\; k = 1 \dots n \qquad
# \text{natural: DCT-II, } \lambda_k = 2 - 2\cos\frac{\pi k}{n},\; k = 0 \dots n-1 \tag{8.7} $$
#
# Transform $b$ along all axes, divide by $\Lambda_{klm} = w_t\lambda_k + w_y\lambda_l + w_x\lambda_m$, transform back. With natural ends
# everywhere, $\Lambda_{000} = 0$: the equations determine $I$ up to a constant only, and are solvable only if $b$ has no mean. Then drop
# the mean of $b$ and return the solution of mean zero.
#
# `scipy.fft` has `dst`, `idst`, `dct`, `idct` for one axis; `type` is 1 and 2, and `norm="ortho"` is safest.


# %% exercise="solve_box"
def solve_box(right: np.ndarray, weights: Weights, natural: tuple[bool, bool, bool]) -> np.ndarray:
    """Solve A I = b on a full box directly, Eq. (8.7).

    Args:
        right: (T, H, W) float array: b on the unknown voxels of the box, and nothing else.
        weights: of the edges along time, height, width; all positive.
        natural: for each axis, true if the volume ends at both ends of the box, false if known voxels stand there.

    Returns:
        (T, H, W) float array. With three natural axes, the solution of mean zero to `right` without its mean.
    """
    # BEGIN SOLUTION
    spectrum, total = right, np.zeros(())
    for axis, (weight, free) in enumerate(zip(weights, natural, strict=True)):
        size = right.shape[axis]
        phase = np.arange(size) / size if free else np.arange(1, size + 1) / (size + 1)
        total = total[..., None] + weight * (2 - 2 * np.cos(np.pi * phase))  # (8.7)
        transform, kind = (scipy.fft.dct, 2) if free else (scipy.fft.dst, 1)
        spectrum = transform(spectrum, kind, axis=axis, norm="ortho")
    if all(natural):
        spectrum[0, 0, 0], total[0, 0, 0] = 0, 1
    spectrum /= total
    for axis, free in enumerate(natural):
        inverse, kind = (scipy.fft.idct, 2) if free else (scipy.fft.idst, 1)
        spectrum = inverse(spectrum, kind, axis=axis, norm="ortho")
    return spectrum
    # END SOLUTION


# %% check="solve_box"
if __name__ == "__main__":
    check.solve_box(solve_box)

# %% [markdown]
# ## 8.7 Third rung, for free shapes: multigrid
#
# Damped Jacobi, which takes only a part $\omega$ of each step, is slow only with errors that are smooth, and a smooth error can be seen on
# a grid of half the resolution, where it is less smooth, and an eighth as much work. A **V-cycle** on level $\ell$, to find an approximate
# solution $e$ of $A_\ell\, e = r$ from zero:
#
# $$ \begin{aligned}
# e &\leftarrow S r && \text{smooth: one damped Jacobi sweep from zero, } S = \omega D^{-1} \\
# e &\leftarrow e + M\, P\, V_{\ell+1}\!\big(R\,(r - A e)\big) && \text{coarse correction, on the mask } M \text{ only} \\
# e &\leftarrow e + S\,(r - A e) && \text{smooth again}
# \end{aligned} \tag{8.8} $$
#
# On the coarsest level, do `BOTTOM_SWEEPS` sweeps $e \leftarrow e + S (r - A e)$ from zero instead. $P$ interpolates linearly, $R = P^\top
# / 2^{\text{axes}}$ averages, and both are given below. Because the two smoothing sweeps mirror each other and $R$ is the transpose of $P$,
# the whole cycle is a symmetric matrix, as a preconditioner has to be.
#
# The levels are given too. A coarse voxel is unknown if more than half of what it averages is; the shape of the mask is thus kept only
# roughly, which would spoil multigrid as a solver, but conjugate gradients forgive it (McAdams, Sifakis and Teran 2010 do the same for
# fluids). Voxels twice as long make second differences a quarter as large, hence the weights. An axis with much less weight than the
# strongest one is not halved yet: there, smooth errors of the strong axis are rough ones of the weak axis.

# %%
DAMPING = 0.85  # of Jacobi as a smoother: waves too rough for the next grid shrink to 0.72 or less a sweep
BOTTOM_SWEEPS = 16


def hierarchy(mask: np.ndarray, weights: Weights) -> list[tuple]:
    """Levels from fine to coarse, each a mask, its weights, and the smoother's DAMPING / degree (zero outside of the mask)."""
    levels = []
    while mask.any():
        sums = degree(mask, weights)
        levels.append((mask, weights, mask * DAMPING / (sums + (sums == 0))))
        halved = [axis for axis in range(3) if mask.shape[axis] > 2 and weights[axis] > 0.4 * max(weights)]
        if not halved:
            break
        shape = tuple(-(-size // 2) if axis in halved else size for axis, size in enumerate(mask.shape))
        mask = restrict(1.0 * mask, shape) > 0.5 * restrict(1.0 + 0.0 * mask, shape)
        weights = tuple(weight / 4 if axis in halved else weight for axis, weight in enumerate(weights))
    return levels


def _children(volume: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Every second voxel along an axis from the first on, and from the second on; a missing last one counts as zero."""
    before = (slice(None),) * axis
    even, odd = volume[(*before, slice(0, None, 2))], volume[(*before, slice(1, None, 2))]
    if even.shape[axis] > odd.shape[axis]:
        full = 0 * even
        full[along(axis)[0]] = odd
        odd = full
    return even, odd


def restrict(volume: np.ndarray, shape: tuple) -> np.ndarray:
    """R of Eq. (8.8): weighted average on the coarser grid of this shape, which has half as many voxels along some axes."""
    for axis in range(3):
        if volume.shape[axis] != shape[axis]:
            even, odd = _children(volume, axis)
            lower, upper, first, last = along(axis)
            volume = 0.375 * (even + odd)
            volume[lower] += 0.125 * even[upper]
            volume[upper] += 0.125 * odd[lower]
            volume[first] += 0.125 * even[first]
            volume[last] += 0.125 * odd[last]
    return volume


def prolong(volume: np.ndarray, shape: tuple) -> np.ndarray:
    """P of Eq. (8.8): linear interpolation on the finer grid of this shape, the transpose of `restrict` but for a factor."""
    for axis in (2, 1, 0):
        if volume.shape[axis] != shape[axis]:
            lower, upper, first, last = along(axis)
            near, far = 0.75 * volume, 0.25 * volume
            volume = near.repeat(2, axis) if isinstance(near, np.ndarray) else near.repeat_interleave(2, axis)
            even, odd = _children(volume, axis)
            even[upper] += far[lower]
            odd[lower] += far[upper]
            even[first] += far[first]
            odd[last] += far[last]
            volume = volume[(slice(None),) * axis + (slice(shape[axis]),)]
    return volume


# %% exercise="v_cycle"
def v_cycle(right: np.ndarray, levels: list[tuple]) -> np.ndarray:
    """One V-cycle of multigrid from zero, Eq. (8.8).

    Args:
        right: (T, H, W) float array r on the finest level, zero outside of its mask.
        levels: from fine to coarse, as `hierarchy` returns them: mask, weights, and the smoother S as a (T, H, W) array.

    Returns:
        (T, H, W) float array, zero outside of the mask: roughly the solution.
    """
    # Hint: the coarser levels are again a list of levels. What arrives on a coarse grid counts only within its mask.
    # BEGIN SOLUTION
    (mask, weights, smoother), *coarser = levels
    guess = smoother * right
    if coarser:
        coarse_mask = coarser[0][0]
        rest = coarse_mask * restrict(right - laplacian(guess, mask, weights), coarse_mask.shape)
        guess += mask * prolong(v_cycle(rest, coarser), mask.shape)  # (8.8)
    for _ in range(1 if coarser else BOTTOM_SWEEPS - 1):
        guess += smoother * (right - laplacian(guess, mask, weights))
    return guess
    # END SOLUTION


# %% check="v_cycle"
if __name__ == "__main__":
    check.v_cycle(v_cycle)

# %% [markdown]
# ## The ladder, timed
#
# One blob of 16 x 48 x 48, one random right side. `mask * solve_box(r, ...)` on all of the volume is a preconditioner, too.


# %%
def blob(shape: tuple[int, int, int]) -> np.ndarray:
    """A mask (T, H, W) like a bean that wanders to the right, unknown in the first and last frame as well."""
    t, y, x = (np.linspace(-1, 1, size) for size in shape)
    centre = 0.2 * t[:, None, None]
    return (x - centre) ** 2 + (y[:, None] - 0.3 * (x - centre) ** 2) ** 2 < 0.5


def ladder(mask: np.ndarray, sweeps: int) -> dict[str, tuple[list[float], list[float]]]:
    """Seconds and residual norms along the way of each iterative solver, from the same random right side."""
    right = np.random.default_rng(0).normal(size=mask.shape) * mask
    counts = np.geomspace(1, sweeps, 8).astype(int).tolist()
    started = time.perf_counter()
    jacobi(right, mask, UNIT, sweeps)
    sweep_s = (time.perf_counter() - started) / sweeps
    rests = [right - laplacian(jacobi(right, mask, UNIT, count), mask, UNIT) for count in counts]
    norms = [float(np.linalg.norm(rest) / np.linalg.norm(right)) for rest in rests]
    found = {"Jacobi": ([sweep_s * count for count in counts], norms)}
    ways = {"conjugate gradients": lambda: None, "with multigrid": lambda: multigrid(mask, UNIT)}
    ways["with transforms of the box"] = lambda: lambda residual: mask * solve_box(residual, UNIT, (True, False, False))
    for name, prepare in ways.items():
        started = time.perf_counter()
        _, norms = conjugate_gradients(right, mask, UNIT, 1e-10, 2000, prepare())
        found[name] = (np.linspace(0, time.perf_counter() - started, len(norms)).tolist(), norms)
    return found


def multigrid(mask: np.ndarray, weights: Weights):
    """A preconditioner for `conjugate_gradients`: one V-cycle, in single precision, which is good enough for a guess."""

    def single(volume):
        return volume.astype(np.float32) if isinstance(volume, np.ndarray) else volume.float()

    levels = [(inside, scale, single(smoother)) for inside, scale, smoother in hierarchy(mask, weights)]
    return lambda residual: v_cycle(single(residual), levels) + 0 * residual  # in double precision again


# %% demo
if __name__ == "__main__":
    shape = devices.choose((16, 48, 48), (64, 128, 128))
    rungs = ladder(blob(shape), sweeps=400)
    figure = Figure(figsize=(7, 3.2), layout="constrained")
    axes = figure.add_subplot(xlabel="seconds", ylabel="|b - A I| / |b|", xscale="log", yscale="log")
    for name, (seconds, norms) in rungs.items():
        label = "Jacobi, up to 400 sweeps" if name == "Jacobi" else f"{name}, {len(norms) - 1} steps"
        axes.plot(seconds[1:], norms[1:], marker=".", label=label)
    axes.legend(fontsize=8)
    show.show_figure(figure, alt="Residual against time: Jacobi has hardly moved when conjugate gradients are done, multigrid first.")
    results.result("residual after 400 sweeps of Jacobi", rungs["Jacobi"][1][-1], expect=(1e-3, 0.1), unit="of |b|")
    results.result("steps of conjugate gradients to 1e-10", len(rungs["conjugate gradients"][1]) - 1, expect=(60, 500))
    results.result("steps with multigrid to 1e-10", len(rungs["with multigrid"][1]) - 1, expect=(10, 25))
    results.result("steps with transforms to 1e-10", len(rungs["with transforms of the box"][1]) - 1, expect=(20, 60))

# %% [markdown]
# ## 8.8 The blend
#
# Everything together, for one channel. Two things save most of the work. Only a box around the mask takes part: one voxel more to each side
# holds all neighbours that count, and where the volume ends the box ends too, so its boundary stays natural.

# %%
TOLERANCE, MAX_STEPS = 1e-9, 200  # of conjugate gradients in a blend


def crop(mask: np.ndarray) -> tuple[slice, slice, slice]:
    """The smallest box around the mask with one voxel to spare on each side, within the volume; the mask is not empty."""
    box = []
    for axis, size in enumerate(mask.shape):
        hits = mask.swapaxes(0, axis).reshape(size, -1).any(1).tolist()
        box.append(slice(max(hits.index(True) - 1, 0), min(size - hits[::-1].index(True) + 1, size)))
    return tuple(box)


# %% exercise="blend"
def blend(edges: tuple, background: np.ndarray, mask: np.ndarray, weights: Weights) -> np.ndarray:
    """The minimiser of Eq. (8.1), to a residual of TOLERANCE, or as near as MAX_STEPS steps come.

    Args:
        edges: wanted differences along time, height, width, as `guidance` returns them.
        background: (T, H, W) float64 array, any unit; it stays as it is.
        mask: (T, H, W) bool array, true where voxels are unknown; may be empty.
        weights: of the edges along time, height, width. Time may have weight 0; then every frame needs a known voxel.

    Returns:
        (T, H, W) float64 array in the unit of `background`: exactly the background outside of the mask. Nothing is clipped.

    Raises:
        ValueError: the mask covers the whole volume, so that nothing says how bright the result is.
    """
    # Hint: `right_side` on the whole volume, then everything else on the box `crop(mask)` with `multigrid` as the preconditioner.
    # BEGIN SOLUTION
    if mask.all():
        raise ValueError("the mask must leave at least one voxel known, got a mask that is true everywhere")
    result = 1 * background
    if mask.any():
        box = crop(mask)
        inside, right = mask[box], right_side(edges, background, mask, weights)[box]
        solution, _ = conjugate_gradients(right, inside, weights, TOLERANCE, MAX_STEPS, multigrid(inside, weights))
        result[mask] = solution[inside]
    return result
    # END SOLUTION


# %% check="blend"
if __name__ == "__main__":
    check.blend(blend)

# %% [markdown]
# ## When time helps, and when it hurts
#
# With weight 0 on time, the frames know nothing of each other: this is the two-dimensional method, frame by frame. Take a steady and a
# flickering clip, whose brightness jumps from frame to frame, blend a disc of one into the other, and measure how much the mean over the
# disc jumps:
#
# $$ \text{flicker} = \operatorname{mean}_t |\bar I_{t+1} - 2 \bar I_t + \bar I_{t-1}| \tag{8.9} $$
#
# Before you run it, decide which method should win in each of the two cases, and why.


# %%
def flicker(volume: np.ndarray, mask: np.ndarray) -> float:
    """Eq. (8.9): mean size of the second difference in time of the mean over the mask, in the unit of the volume."""
    means = (volume * mask).sum(axis=(1, 2)) / mask.sum(axis=(1, 2))
    return float(np.abs(np.diff(means, 2)).mean())


def jumping(frames: int, size_px: int, sigma: float, stripes: float, seed: int) -> np.ndarray:
    """(T, H, W) stripes whose brightness and contrast jump by a random factor of standard deviation 2 sigma: about sigma of full range."""
    y, x = np.mgrid[:size_px, :size_px] / size_px
    gain = 1 + np.random.default_rng(seed).normal(0, 2 * sigma, size=frames)
    return gain[:, None, None] * (0.5 + 0.2 * np.sin(stripes * x + 3 * y))


def both_ways(source: np.ndarray, background: np.ndarray, mask: np.ndarray) -> dict[str, float]:
    """Flicker of four blends of the same two volumes."""
    ours, theirs = guidance(source, background, "import"), guidance(background, background, "import")
    steadier = ours if flicker(source, mask) < flicker(background, mask) else theirs
    blends = {
        "frame by frame": (ours, (0.0, 1.0, 1.0)),
        "in 3D": (ours, UNIT),
        "in 3D, mixed": (guidance(source, background, "mixed"), UNIT),
        "in 3D, time from the steadier clip": ((steadier[0], *ours[1:]), UNIT),
    }
    return {name: flicker(blend(edges, background, mask, weights), mask) for name, (edges, weights) in blends.items()}


# %% demo
if __name__ == "__main__":
    y, x = np.mgrid[:48, :48] / 48
    disc = np.broadcast_to((x - 0.5) ** 2 + (y - 0.5) ** 2 < 0.3**2, (16, 48, 48))
    steady, restless = jumping(16, 48, 0.0, 9.0, seed=0), jumping(16, 48, 0.06, 20.0, seed=1)
    behind = both_ways(steady, restless, disc)
    within = both_ways(restless, steady, disc)
    numbers = {
        "background flickers, frame by frame": (behind["frame by frame"], (0.05, 0.25)),
        "background flickers, in 3D": (behind["in 3D"], (0, 0.012)),
        "source flickers, frame by frame": (within["frame by frame"], (0, 0.02)),
        "source flickers, in 3D": (within["in 3D"], (0.05, 0.25)),
        "source flickers, time from the steadier clip": (within["in 3D, time from the steadier clip"], (0, 0.02)),
    }
    for name, (value, expect) in numbers.items():
        results.result(name, value, expect, "of full range")

# %% [markdown]
# Inside of the mask, the blend follows the *differences in time* that it is asked for, with import those of the source. If the source is
# steady, the flicker of the background gets in only near the border of the disc, and three dimensions win. If the source flickers, its
# jumps are asked for, and the border is too far away to object; frame by frame, each frame is tied to the steady background around it. So
# take the guidance along time from the steadier clip. Mixed guidance is no help: of two steps it takes the larger, and that is the flicker,
# in the first case as well.
#
# ## A car on the river
#
# Real clips: a red car on grey asphalt, seen from above by a fixed camera whose exposure drops while the car passes, and river rapids,
# darkened to an evening. The mask is what differs from the empty road, shadow included, and a margin. The seam in the first row is the
# asphalt; afterwards only the *steps* of the asphalt are left, and there are hardly any.
#
# *Clips:* car-detection, Intel Corporation, CC BY 4.0; brink_loop, Hugues Hoppe, CC0 1.0. Both were cropped and resampled here.


# %%
def car_and_river(side_px: int, frame_rate_hz: float, margin_px: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Source and background, (T, H, W, 3) in [0, 1] with sides of `side_px`, and the mask (T, H, W) of the car and `margin_px` around it.

    Raises:
        fetch.DataMissing: one of the clips cannot be had.
    """
    wide, left, low = side_px * 16 // 9, side_px * 11 // 18, side_px * 16 // 27
    view, part = {"size": (side_px, wide)}, (..., slice(left, left + side_px), slice(None))
    road = plates.background(clips.stream("intel_samples/car-detection", frame_rate_hz=1, **view))[part]
    car = clips.load("intel_samples/car-detection", start_s=15.4, duration_s=3.6, frame_rate_hz=frame_rate_hz, **view)[part]
    exposure = np.median(road) / np.median(car, axis=(1, 2, 3))
    mask = plates.mask(car * exposure[:, None, None, None], road, threshold=0.13)
    river = clips.load("textures/brink_loop_512", size=(wide, wide), frame_rate_hz=frame_rate_hz)
    river = river[: len(car), low : low + side_px, 4 : 4 + side_px]
    return car.astype(float), 0.65 * river.astype(float), binary_dilation(mask, np.ones((1, 2 * margin_px + 1, 2 * margin_px + 1)))


def montage(*setting: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`car_and_river`, or stripes in stripes where the clips cannot be had."""
    try:
        return car_and_river(*setting)
    except fetch.DataMissing as missing:
        print(f"{missing}\nGoing on with a stand-in: stripes in stripes.")
        source, background = (jumping(36, 144, 0.0, stripes, seed=0)[..., None] for stripes in (20.0, 9.0))
        return source, background, blob(source.shape[:3])


def blend_clip(source: np.ndarray, background: np.ndarray, mask: np.ndarray, kind: str, weights: Weights) -> np.ndarray:
    """(T, H, W, C) blend, channel by channel, clipped to [0, 1] at the very end."""
    done = [blend(guidance(source[..., c], background[..., c], kind), background[..., c], mask, weights) for c in range(source.shape[-1])]
    return np.stack(done, axis=-1).clip(0, 1)


# %% demo
if __name__ == "__main__":
    setting = devices.choose((144, 10, 4), (216, 15, 6))  # side in px, frames a second, margin in px
    source, background, mask = montage(*setting)
    pasted = np.where(mask[..., None], source, background)
    blended = blend_clip(source, background, mask, "import", UNIT)
    flat = blend_clip(source, background, mask, "import", (0.0, 1.0, 1.0))
    rows = {"pasted": pasted, "frame by frame": flat, "3D": blended, "3D, mixed": blend_clip(source, background, mask, "mixed", UNIT)}
    figure = pictures.strip_figure({name: clip[2:-2] for name, clip in rows.items()}, count=5)
    show.show_figure(figure, alt="A car drives up a river: pasted with asphalt around it, then blended; if mixed, water shines through.")
    slices = [pictures.space_time_slice(clip, column=setting[0] * 3 // 10).repeat(3, axis=1) for clip in (pasted, flat, blended)]
    words = "One column of pixels over time, to the right: the car is a slanted red band, first with a grey rim, then without."
    show.show_images(slices, titles=["pasted", "frame by frame", "3D"], alt=words)
    show.show_clip(blended, alt="A red car drives up a river in the evening, without a seam.", frame_rate_hz=setting[1])
    seam = np.abs(np.diff(np.stack([pasted, blended]), axis=3))[..., mask[:, :, 1:] ^ mask[:, :, :-1], :].mean(axis=(1, 2))
    results.result("step across the seam, blended / pasted", seam[1] / seam[0], expect=(0, 0.7))

# %% [markdown]
# ## The same code on a GPU
#
# Except for `guidance` and `solve_box`, all of this runs on torch tensors where they live. (Times on a GPU are still unmeasured.)

# %% demo
if __name__ == "__main__":
    import torch

    place = torch.device("cpu") if devices.device().type == "mps" else devices.device()  # MPS has no float64

    def blend_there(source: np.ndarray, background: np.ndarray, mask: np.ndarray) -> np.ndarray:
        volumes = [*guidance(source, background, "import"), background, mask]
        *edges, known, unknown = (torch.from_numpy(np.ascontiguousarray(volume)).to(place) for volume in volumes)
        return blend(tuple(edges), known, unknown, UNIT).cpu().numpy().clip(0, 1)

    apart = np.abs(blend_there(source[..., 0], background[..., 0], mask) - blended[..., 0]).max()
    results.result("largest difference between torch and numpy", apart, expect=(0, 1e-5), unit="of full range")
    if place.type == "cuda":
        source, background, mask = montage(360, 25, 10)
        started = time.perf_counter()
        large = np.stack([blend_there(source[..., c], background[..., c], mask) for c in range(3)], axis=-1)
        print(f"{large.shape[:3]}, three channels, {int(mask.sum()):,} unknowns each: {time.perf_counter() - started:.2f} s")

# %% [markdown]
# ## What to take with you
#
# * Edit differences, not values, and the seam goes away; in time as well, if time is an axis of the volume.
# * What is asked along time decides about flicker. Three dimensions are no better than their guidance.
#
# Back to the [lecture](../lectures/a08_poisson_blending.md).
