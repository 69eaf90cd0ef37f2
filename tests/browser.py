"""What the tests in a browser share: Chromium, and a JupyterLab of their own."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from autograder.lesson import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PLACES = [(width, scheme) for width in (400, 1400) for scheme in ("light", "dark")]
START_S = 180  # on a busy machine


def needs_browser() -> list[pytest.MarkDecorator]:
    """Marks of a module whose tests need Chromium; they share one worker, so that fixtures are made once."""
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -r tests/requirements.txt")
    return [pytest.mark.skipif(CHROMIUM is None, reason="no chromium: apt-get install chromium"), pytest.mark.xdist_group("browser")]


@contextmanager
def chromium() -> Iterator["Browser"]:
    """A browser without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as run:
        browser = run.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def watched(browser: "Browser") -> tuple["Page", list[str]]:
    """A page of its own, and what it will complain about or ask the network for."""
    page, troubles = browser.new_context().new_page(), []
    page.on("console", lambda message: troubles.append(f"{page.url}: {message.text}") if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: troubles.append(f"{page.url}: {error}"))
    page.on(
        "request", lambda request: troubles.append(f"{page.url} asks {request.url}") if request.url.startswith(("http", "ws")) else None
    )
    return page, troubles


def illegible(page: "Page", places: Sequence[tuple[int, str]] = PLACES) -> list[str]:
    """What does not fit or fails the accessibility checker, on a telephone and on a desk, light and dark."""
    from axe_playwright_python.sync_playwright import Axe

    axe, troubles = Axe(), []
    standard = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
    rules = {"runOnly": standard, "resultTypes": ["violations"], "preload": False}  # preloading fetches style sheets, which files may not
    for width, scheme in places:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        where = f"{page.url.rpartition('/')[2]} at {width} px, {scheme}"
        overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if overflow > 0:
            troubles.append(f"{where}: {overflow} px too wide")
        for found in axe.run(page, options=rules).response["violations"]:
            troubles.append(f"{where}: {found['id']}: {len(found['nodes'])} times, {found['nodes'][0]['html'][:150]}")
    return troubles


@contextmanager
def jupyterlab(folder: Path, home: Path) -> Iterator[str]:
    """JupyterLab on a folder, with settings of its own in `home`; yields the address that paths of the folder are appended to."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    places = {name: str(home / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")}
    options = ["--no-browser", "--allow-root", f"--port={port}", "--ServerApp.port_retries=0", "--LabApp.extension_manager=readonly"]
    options += ["--IdentityProvider.token=", f"--ServerApp.root_dir={folder}"]
    settings = home / "JUPYTER_CONFIG_DIR" / "labconfig" / "default_setting_overrides.json"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(json.dumps({"@jupyterlab/apputils-extension:notification": {"fetchNews": "false"}}), encoding="utf-8")
    with (home / "log.txt").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options],
            env=os.environ | places | {"PYTHONPATH": str(ROOT)},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_for(f"http://127.0.0.1:{port}/api", server, home / "log.txt")
        yield f"http://127.0.0.1:{port}/lab/tree"
    finally:
        server.terminate()
        server.wait(30)


def _wait_for(url: str, server: subprocess.Popen, log: Path) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end and server.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")
