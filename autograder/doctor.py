"""What this machine has, what it lacks, and how to get it; of what may be missing it needs nothing itself."""

import importlib.metadata
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
INSTALL = "pip install -r requirements.txt"


@dataclass(frozen=True)
class Finding:
    """One line of the examination."""

    what: str
    found: str  # empty if missing
    needed_for: str
    remedy: str
    required: bool = True


def examine() -> int:
    """Print what was found; returns 0 if everything that is required is there, else 1."""
    findings = list(_findings())
    for finding in findings:
        mark = "ok" if finding.found else "missing" if finding.required else "absent"
        print(f"{mark:8} {finding.what:16} {finding.found or f'{finding.needed_for}: {finding.remedy}'}")
    return int(any(finding.required and not finding.found for finding in findings))


def _findings() -> Iterator[Finding]:
    version = sys.version.split()[0]
    yield Finding("Python", version if sys.version_info >= (3, 11) else "", "everything", f"3.11 or newer is needed, this is {version}")
    for name in re.findall(r"(?m)^[\w.-]+", (ROOT / "requirements.txt").read_text(encoding="utf-8")):
        yield Finding(name, _version(name), "the course", INSTALL)
    yield Finding("device", _device(), "training", f"torch cannot be imported; {INSTALL}")
    yield Finding("ffmpeg", _ffmpeg(), "clips", "pip install av (it brings ffmpeg along)")
    yield Finding("Jupyter kernel", _kernel(), "notebooks", "pip install ipykernel")
    free_gb = shutil.disk_usage(ROOT).free / 1e9
    yield Finding(
        "disk", f"{free_gb:.0f} GB free" if free_gb > 2 else "", "data and checkpoints", f"2 GB are needed, {free_gb:.1f} GB are free"
    )
    yield Finding(
        "bubblewrap",
        _bubblewrap(),
        "grading a class safely",
        "apt-get install bubblewrap, and allow user namespaces (Linux only)",
        required=False,
    )


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _device() -> str:
    try:
        import torch
    except (ImportError, OSError):
        return ""
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return "Apple GPU (MPS)" if torch.backends.mps.is_available() else f"CPU, {torch.get_num_threads()} threads"


def _ffmpeg() -> str:
    try:
        import av
    except (ImportError, OSError):
        return ""
    coders = "H.264" if "libx264" in av.codecs_available else "no H.264 encoder"
    return f"{coders}, through PyAV {av.__version__}"


def _kernel() -> str:
    try:
        from jupyter_client.kernelspec import KernelSpecManager

        return KernelSpecManager().get_kernel_spec("python3").display_name
    except (ImportError, KeyError):  # no Jupyter, or no such kernel
        return ""


def _bubblewrap() -> str:
    """The version, if a sandbox can really be started."""
    if shutil.which("bwrap") is None:
        return ""
    probe = subprocess.run(["bwrap", "--unshare-all", "--ro-bind", "/", "/", "true"], capture_output=True)
    version = subprocess.run(["bwrap", "--version"], capture_output=True, text=True).stdout.strip()
    return version if probe.returncode == 0 else ""
