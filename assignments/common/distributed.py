"""Several processes that train as one, started by `torchrun`: on GPUs with nccl, on CPU cores with gloo.

Every process draws the whole batch and keeps its part of it, gradients are averaged by DistributedDataParallel, and batch norm
takes its statistics over the whole batch. So the losses are those of one process with a batch of the same size.
"""

import atexit
import os
import sys
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.nn.functional import all_reduce
from torch.nn.modules.batchnorm import _BatchNorm


def start() -> int:
    """Join the other processes if `torchrun` started this one; only the first goes on printing. Returns their number."""
    if "LOCAL_RANK" in os.environ and not dist.is_initialized():
        on_gpu = torch.cuda.is_available()
        if on_gpu:
            torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        dist.init_process_group("nccl" if on_gpu else "gloo")
        atexit.register(dist.destroy_process_group)  # a process that ends with its threads still running may be aborted
        if not is_first():
            sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - to the end of the process
    return processes()


def processes() -> int:
    """How many processes train together."""
    return dist.get_world_size() if dist.is_initialized() else 1


def is_first() -> bool:
    """Whether this process is the one that prints and shows."""
    return processes() == 1 or dist.get_rank() == 0


def part(batch: Tensor) -> Tensor:
    """This process's share of a batch that all of them drew alike.

    Raises:
        ValueError: the batch cannot be divided equally, so the average of the shares would not be that of the batch.
    """
    if len(batch) % processes():
        raise ValueError(f"a batch of {len(batch)} cannot be divided among {processes()} processes")
    return batch if processes() == 1 else batch[dist.get_rank() :: processes()]


def shared(network: nn.Module) -> nn.Module:
    """The network as all processes train it; call this instead of the network, which keeps the weights. Alone: the network itself."""
    if processes() == 1:
        return network
    _share_statistics(network)
    return nn.parallel.DistributedDataParallel(network, broadcast_buffers=False)  # the buffers are alike already


def mean(values: Tensor) -> Tensor:
    """Average of the processes' values."""
    values = values.clone()
    if processes() > 1:
        dist.all_reduce(values)
    return values / processes()


class SharedBatchNorm(_BatchNorm):
    """Batch norm over the batches of all processes; torch's own SyncBatchNorm does this on GPUs only."""

    def _check_input_dim(self, input: Tensor) -> None:
        pass

    def forward(self, input: Tensor) -> Tensor:
        """Normalise (B, C, ...) by the statistics of all processes while training, else by the running ones."""
        if not self.training:
            return super().forward(input)
        axes = [0, *range(2, input.ndim)]
        count = input.numel() // input.shape[1] * processes()
        centre = all_reduce(input.float().mean(axes)) / processes()
        difference = input.float() - self._per_channel(centre, input)
        variance = all_reduce(difference.square().mean(axes)) / processes()
        with torch.no_grad():
            self.num_batches_tracked += 1
            self.running_mean.lerp_(centre, self.momentum)
            self.running_var.lerp_(variance * count / (count - 1), self.momentum)
        scale = self.weight * (variance + self.eps).rsqrt()
        return (difference * self._per_channel(scale, input) + self._per_channel(self.bias, input)).to(input.dtype)

    @staticmethod
    def _per_channel(values: Tensor, like: Tensor) -> Tensor:
        return values.view(1, -1, *[1] * (like.ndim - 2))


def _share_statistics(network: nn.Module) -> None:
    """Let every batch norm of a network share its statistics; weights and names stay."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d):
            module.__class__ = SharedBatchNorm
