"""Downloads one file: a bar shows the progress, what came before an interruption is kept, and only the right bytes arrive.

pooch verifies the checksum and puts the file in its place in one move; the part that it lacks is to go on with half a file.
"""

import errno
import logging
import shutil
import time
import zipfile
from pathlib import Path

import pooch
import requests
from filelock import FileLock
from tqdm.auto import tqdm

from data_scripts.packing import RECIPES, packed
from data_scripts.registry import File

ATTEMPTS = 3
WAIT_S = 1.0  # before the second attempt, doubled before each further one
TIMEOUT_S = 30.0
CHUNK_BYTES = 2**16


class Failed(Exception):
    """A download that did not succeed, and why, in words that end a sentence."""


def download(file: File, folder: Path) -> Path:
    """Download a file into `folder`, under its name, unless another process did so while this one waited for its turn.

    Raises:
        Failed: no network, no such address, another checksum, or no room on the disk.
    """
    turn = FileLock(folder / ".lock")
    try:
        _part(file, folder).parent.mkdir(parents=True, exist_ok=True)
        turn.acquire()
    except OSError as error:
        raise Failed(f"{folder} cannot be written ({error})") from error
    try:
        return _download(file, folder)
    finally:
        turn.release()


def _download(file: File, folder: Path) -> Path:
    resumed = _part(file, folder).exists()
    try:
        return _fetch(file, folder)
    except _WrongBytes:
        if not resumed:
            raise
    return _fetch(file, folder)  # the kept half may have been of another file: once more, from the start


class _WrongBytes(Failed):
    """All bytes came, but not the right ones."""


def _fetch(file: File, folder: Path) -> Path:
    pooch.get_logger().setLevel(logging.WARNING)
    sha256 = RECIPES[file.name].sha256 if file.name in RECIPES else file.sha256
    keeper = pooch.create(folder, base_url="", registry={file.name: f"sha256:{sha256}"}, urls={file.name: file.address})

    def deliver(address: str, output: str, _: pooch.Pooch) -> None:
        _complete(address.partition("#")[0], _part(file, folder), file.name)
        _unpack(file, _part(file, folder), Path(output))

    try:
        return Path(keeper.fetch(file.name, downloader=deliver))
    except requests.RequestException as error:
        raise Failed(_network_trouble(error)) from error
    except (zipfile.BadZipFile, KeyError) as error:
        raise _WrongBytes(f"{file.address} is not the archive that it should be ({error})") from error
    except ValueError as error:  # pooch's word for another checksum
        raise _WrongBytes(f"{file.address} gave another file, its SHA-256 is not {sha256}") from error
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise Failed(f"{folder} cannot be written ({error})") from error
        _part(file, folder).unlink(missing_ok=True)
        raise Failed(f"the disk of {folder} is full") from error


def _complete(address: str, part: Path, name: str) -> None:
    """Download to `part`, going on from what it holds; a broken connection is tried again."""
    for attempt in range(ATTEMPTS):
        try:
            return _append(address, part, name)
        except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError):
            if attempt == ATTEMPTS - 1 or not part.exists():  # where nothing ever came, there is no network
                raise
            time.sleep(WAIT_S * 2**attempt)


def _append(address: str, part: Path, name: str) -> None:
    have = part.stat().st_size if part.exists() else 0
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    with requests.get(address, headers=headers, stream=True, timeout=TIMEOUT_S) as response:
        if have and response.status_code == requests.codes.requested_range_not_satisfiable:
            return  # nothing is left to come
        response.raise_for_status()
        have = have if response.status_code == requests.codes.partial_content else 0  # else all of it comes again
        left = int(response.headers.get("Content-Length", 0))
        bar = tqdm(total=have + left or None, initial=have, desc=name, unit="B", unit_scale=True, unit_divisor=1000)
        with part.open("ab" if have else "wb") as output, bar:
            for chunk in response.iter_content(CHUNK_BYTES):
                output.write(chunk)
                bar.update(len(chunk))


def _unpack(file: File, part: Path, output: Path) -> None:
    """Bring the file out of what was downloaded; a copy, so that no other process holds the result open."""
    try:
        member = file.address.partition("#")[2]
        if file.name in RECIPES:
            with zipfile.ZipFile(part) as archive:
                output.write_bytes(packed(file.name, archive))
        elif member:
            with zipfile.ZipFile(part) as archive:
                output.write_bytes(archive.read(member))
        else:
            shutil.copyfile(part, output)
    finally:
        part.unlink(missing_ok=True)


def _part(file: File, folder: Path) -> Path:
    return folder / f"{file.name}.part"


def _network_trouble(error: requests.RequestException) -> str:
    if isinstance(error, requests.HTTPError):
        return f"{error.response.url} answered {error.response.status_code} {error.response.reason}"
    return f"no connection to {error.request.url if error.request else 'the server'} ({type(error).__name__})"
