# %% [markdown]
# # 0. Motion energy
#
# Which moment of a clip holds the most motion? The oldest answer subtracts neighbouring frames. This is the smallest
# lesson there can be: the contributor's guide walks through it, and the tests of the machine run on it.
#
# *Lecture:* [motion energy](../lectures/a00_motion_energy.md). *Time:* five minutes, seconds of computing.

# %%
import numpy as np

from autograder.checks import a00_motion_energy as check

# %% [markdown]
# ## 0.1 Differences of frames
#
# The difference of frame $t$ is what the next frame adds to it:
#
# $$ d_t = x_{t+1} - x_t \tag{0.1} $$


# %% exercise="difference"
def difference(clip: np.ndarray) -> np.ndarray:
    """Differences of neighbouring frames, Eq. (0.1).

    Args:
        clip: (T, H, W) float array, any unit, T at least 2.

    Returns:
        (T-1, H, W) array in the same unit.

    Raises:
        ValueError: the clip has fewer than two frames.
    """
    # BEGIN SOLUTION
    if len(clip) < 2:
        raise ValueError(f"a difference needs two frames, got {len(clip)}")
    return clip[1:] - clip[:-1]  # (0.1)
    # END SOLUTION


# %% check="difference"
if __name__ == "__main__":
    check.difference(difference)

# %% [markdown]
# ## 0.2 The busiest frame
#
# Its energy is the mean of the squares; the busiest moment is where the energy is largest:
#
# $$ e_t = \frac{1}{HW} \sum_{h,w} d_{t,h,w}^2 \tag{0.2} $$


# %% exercise="busiest"
def busiest(clip: np.ndarray) -> int:
    """Index t of the largest energy of differences, Eq. (0.2); the first of them where several are equal.

    Args:
        clip: (T, H, W) float array, T at least 2.
    """
    # BEGIN SOLUTION
    change = difference(clip)
    energy = (change**2).mean(axis=(1, 2))  # (0.2)
    return int(energy.argmax())
    # END SOLUTION


# %% check="busiest"
if __name__ == "__main__":
    check.busiest(busiest)

# %% [markdown]
# ## A flash

# %% demo
if __name__ == "__main__":
    flash = np.zeros((8, 4, 4))
    flash[5:] = 1.0
    print("busiest moment:", busiest(flash), "(expect 4)")
