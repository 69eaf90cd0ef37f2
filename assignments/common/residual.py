"""A generator of residual blocks, the plan of pix2pixHD's global generator and of CycleGAN's, without their normalisation."""

from torch import Tensor, nn
from torch.nn import functional as F


class ResidualBlock(nn.Module):
    """x + W_2 * ReLU(W_1 * x + b_1) + b_2 with 3 x 3 kernels and reflected borders: (B, width, H, W) to the same, sides at least 2."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = (nn.Conv2d(width, width, 3, 1, 1, padding_mode="reflect") for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        """Add the change."""
        return x + self.second(F.relu(self.first(x)))  # (12.5)


class ResidualGenerator(nn.Sequential):
    """(B, channels_in, H, W) -> (B, channels_out, H, W): 7 x 7, halvings, blocks, doublings, 7 x 7; no tanh at the end.

    Args:
        channels_in, channels_out: of condition and picture.
        width: channels at full size, twice as many after each halving.
        downs: halvings by stride 2, and doublings after the blocks; sides are multiples of 2**downs.
        blocks: in the middle.
    """

    def __init__(self, channels_in: int, channels_out: int, width: int, downs: int, blocks: int) -> None:
        layers = [nn.Conv2d(channels_in, width, 7, 1, 3, padding_mode="reflect"), nn.ReLU()]
        for k in range(downs):
            layers += [nn.Conv2d(width << k, width << k + 1, 3, 2, 1), nn.ReLU()]
        layers += [ResidualBlock(width << downs) for _ in range(blocks)]
        for k in reversed(range(downs)):
            layers += [nn.ConvTranspose2d(width << k + 1, width << k, 3, 2, 1, output_padding=1), nn.ReLU()]
        super().__init__(*layers, nn.Conv2d(width, channels_out, 7, 1, 3, padding_mode="reflect"))
