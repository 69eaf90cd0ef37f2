"""A training loop for one network or for players against each other, with what every run needs and no paper describes.

A bar shows the losses; an interrupted run goes on from its last checkpoint, and ends as if nothing had happened; on a GPU
the forward pass runs in half precision; slow averages of weights (EMA) are kept where asked for.
"""

import os
import random
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm.auto import tqdm

from assignments.common.devices import device
from assignments.common.place import BUILD, lesson

SAVE_EVERY_S = 20.0
SHOW_EVERY_S = 0.5

Player = tuple[Optimizer, Callable[[int], Tensor]]  # what learns, and its loss at a step


def train(
    players: Mapping[str, Player],
    steps: int,
    networks: Mapping[str, nn.Module],
    averages: Mapping[str, AveragedModel] | None = None,
    seed: int = 0,
    clip_norm: float | None = None,
    checkpoint: str = "",
) -> dict[str, np.ndarray]:
    """Let every player in turn take a step down its loss, `steps` times.

    Args:
        players: name -> (optimiser, loss); `loss(step)` returns a scalar tensor. All random numbers of a step depend on
            `seed` and `step` alone: the global generators are seeded before each.
        steps: how many, a run that is resumed included.
        networks: name -> network; all that learn, so that a checkpoint holds them.
        averages: the name of a network -> its average, made by `averaged`, updated after each step.
        seed: of the run.
        clip_norm: longest gradient of a player, longer ones are shortened to it; None leaves them.
        checkpoint: name under which the run is saved every 20 s, to resume from; a finished run removes it. "" saves nothing.

    Returns:
        name of the player -> (steps,) array of its losses.

    Raises:
        FloatingPointError: a loss is not finite any more.
        ValueError: the checkpoint is of another run.
    """
    averages = averages or {}
    autocast, scaler = half_precision(device())
    losses = torch.full((steps, len(players)), torch.nan, device=device())
    parts = {f"network {name}": network for name, network in networks.items()}
    parts |= {f"average {name}": average for name, average in averages.items()}
    parts |= {f"optimiser {name}": optimiser for name, (optimiser, _) in players.items()}
    run = _Run(checkpoint, parts | {"scaler": scaler}, losses)
    bar = tqdm(range(run.resume(), steps), initial=run.step, total=steps, mininterval=SHOW_EVERY_S)
    for step in bar:
        _seed_step(seed * 1_000_003 + step)
        for place, (optimiser, loss_at) in enumerate(players.values()):
            with autocast:
                loss = loss_at(step)
            optimiser.zero_grad()
            scaler.scale(loss).backward()
            scaler.unscale_(optimiser)
            if clip_norm is not None:
                nn.utils.clip_grad_norm_([weight for group in optimiser.param_groups for weight in group["params"]], clip_norm)
            scaler.step(optimiser)
            losses[step, place] = loss.detach()
        scaler.update()
        for name, average in averages.items():
            average.update_parameters(networks[name])
        if run.done(step):
            bar.set_postfix(_finite(players, losses, step))
    _finite(players, losses, steps - 1)
    run.finish()
    return dict(zip(players, losses.cpu().numpy().T, strict=True))


def averaged(network: nn.Module, decay: float = 0.999) -> AveragedModel:
    """A copy whose weights follow the network's slowly: average = decay * average + (1 - decay) * network; buffers are equal."""
    return AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(decay))


def half_precision(on: torch.device) -> tuple[torch.autocast, torch.amp.GradScaler]:
    """Half precision for CUDA: bfloat16 where the GPU has it, else float16 with scaled gradients; full precision elsewhere."""
    cuda = on.type == "cuda"
    brain = cuda and torch.cuda.is_bf16_supported(including_emulation=False)
    autocast = torch.autocast(on.type, torch.bfloat16 if brain or not cuda else torch.float16, enabled=cuda)
    return autocast, torch.amp.GradScaler(on.type, enabled=cuda and not brain)


def _seed_step(seed: int) -> None:
    """As `devices.seed_all`, but for devices in use only: torch.manual_seed keeps a stack trace for each that is not, at every call."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.default_generator.manual_seed(seed)
    if torch.cuda.is_initialized():
        torch.cuda.manual_seed_all(seed)
    if torch.backends.mps.is_available():
        torch.mps.manual_seed(seed)


def _finite(players: Mapping[str, Player], losses: Tensor, step: int) -> dict[str, str]:
    """The losses of a step as words for the bar."""
    shown = dict(zip(players, losses[step].tolist(), strict=True))
    if not np.isfinite(list(shown.values())).all():
        first = int(torch.nonzero(~losses[: step + 1].isfinite().all(dim=1))[0])
        raise FloatingPointError(f"a loss is not finite from step {first} on: {dict(zip(players, losses[first].tolist(), strict=True))}")
    return {name: f"{loss:.4g}" for name, loss in shown.items()}


class _Run:
    """What of a run is saved, where, and when."""

    def __init__(self, name: str, parts: Mapping[str, Any], losses: Tensor) -> None:
        self.path = BUILD / "checkpoints" / lesson() / f"{name}.pt" if name else None
        self.parts, self.losses = parts, losses
        self.step = 0
        self.saved_s = self.shown_s = time.monotonic()

    def resume(self) -> int:
        """Bring all parts to the checkpoint, if there is one; returns the step to go on with."""
        if self.path is None or not self.path.exists():
            return 0
        saved = torch.load(self.path, map_location=self.losses.device, weights_only=True)
        try:
            if saved["losses"].shape != self.losses.shape or saved["parts"].keys() != self.parts.keys():
                raise ValueError(f"it has {', '.join(saved['parts'])} and losses of shape {tuple(saved['losses'].shape)}")
            for name, part in self.parts.items():
                part.load_state_dict(saved["parts"][name])
        except (ValueError, RuntimeError, KeyError) as error:
            raise ValueError(f"{self.path} is of another run ({error}): remove it to begin afresh") from error
        self.losses.copy_(saved["losses"])
        self.step = saved["step"]
        print(f"resuming at step {self.step} from {self.path}; remove it to begin afresh")
        return self.step

    def done(self, step: int) -> bool:
        """Note that a step is done, save if it is time; returns whether it is time to show the losses."""
        self.step = step + 1
        now = time.monotonic()
        if self.path is not None and now - self.saved_s >= SAVE_EVERY_S:
            self.saved_s = now
            self._save()
        show = now - self.shown_s >= SHOW_EVERY_S
        self.shown_s = now if show else self.shown_s
        return show

    def finish(self) -> None:
        """The run is over: nothing is left to resume."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    def _save(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        part = self.path.with_name(f"{self.path.name}.{os.getpid()}.part")
        try:
            torch.save({"step": self.step, "losses": self.losses, "parts": {n: p.state_dict() for n, p in self.parts.items()}}, part)
            part.replace(self.path)
        finally:
            Path(part).unlink(missing_ok=True)
