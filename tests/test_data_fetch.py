"""Downloads against a server on this machine: what arrives, what is resumed, and what is said when nothing does."""

import hashlib
import http.server
import io
import os
import socket
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import pytest

from autograder.lesson import ROOT
from data_scripts import download, fetch, packing, registry
from data_scripts.__main__ import main
from data_scripts.registry import File

CONTENT = bytes(range(256)) * 2000  # 512 kB
NAME = "set/file.bin"


class Server(http.server.ThreadingHTTPServer):
    """Serves one content under every path; told how to misbehave."""

    content = CONTENT
    ranges = True  # answers requests for the rest of a file
    drops: tuple[int, ...] = ()  # closes the connection after so many bytes, once each
    status = 200
    seconds = 0.0  # that sending takes

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests: list[str | None] = []  # Range headers as they came

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/file.bin"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        server, asked = self.server, self.headers["Range"]
        server.requests.append(asked)
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and server.ranges else 0
        if start and start >= len(server.content):
            return self.send_error(416)
        if server.status != 200:
            return self.send_error(server.status)
        body = server.content[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if server.drops:
            cut, *rest = server.drops
            server.drops = tuple(rest)
            self.close_connection = True
            body = body[:cut]
        for start in range(0, len(body), download.CHUNK_BYTES):
            self.wfile.write(body[start : start + download.CHUNK_BYTES])
            time.sleep(server.seconds * download.CHUNK_BYTES / len(server.content))

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server():
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache and no mirror; returns where the file is to lie."""
    monkeypatch.delenv(fetch.MIRROR, raising=False)
    monkeypatch.setattr(fetch, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(download, "WAIT_S", 0.0)
    return tmp_path / "cache" / NAME


def register(monkeypatch: pytest.MonkeyPatch, address: str, content: bytes = CONTENT, name: str = NAME) -> File:
    file = File(name, len(content), hashlib.sha256(content).hexdigest(), address)
    monkeypatch.setattr(registry, "files", lambda: {name: file})
    return file


def leftovers(place: Path) -> list[str]:
    """Names of what lies in the cache besides the file itself."""
    return sorted(path.name for path in place.parent.rglob("*") if path != place) if place.parent.exists() else []


def test_a_file_is_downloaded_once_and_found_from_then_on(server, place, monkeypatch):
    register(monkeypatch, server.address)
    assert fetch.path(NAME) == place
    assert place.read_bytes() == CONTENT
    assert fetch.path(NAME) == place
    assert server.requests == [None]
    assert leftovers(place) == []


def test_a_broken_connection_is_resumed_where_it_broke(server, place, monkeypatch):
    register(monkeypatch, server.address)
    server.drops = (200_000, 100_000)
    assert fetch.path(NAME).read_bytes() == CONTENT
    assert server.requests[0] is None
    first, second = (int(asked.strip("bytes=-")) for asked in server.requests[1:])
    assert 200_000 - download.CHUNK_BYTES < first <= 200_000
    assert first + 100_000 - download.CHUNK_BYTES < second <= first + 100_000
    assert leftovers(place) == []


def test_half_a_file_of_an_earlier_run_is_completed(server, place, monkeypatch):
    register(monkeypatch, server.address)
    server.drops = (100_000,) * download.ATTEMPTS
    with pytest.raises(fetch.DataMissing, match="no connection to"):
        fetch.path(NAME)
    assert not place.exists()
    assert leftovers(place) == ["file.bin.part"]
    had = place.with_name("file.bin.part").stat().st_size
    assert had > 100_000
    assert fetch.path(NAME).read_bytes() == CONTENT
    assert server.requests[download.ATTEMPTS :] == [f"bytes={had}-"]
    assert leftovers(place) == []


def test_processes_that_need_one_file_download_it_once(server, place):
    server.seconds = 2.0
    file = (NAME, len(CONTENT), hashlib.sha256(CONTENT).hexdigest(), server.address)
    code = (
        "from pathlib import Path; from data_scripts.download import download; from data_scripts.registry import File\n"
        f"assert download(File(*{file}), Path({str(place.parent.parent)!r})) == Path({str(place)!r})"
    )
    runs = [subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [run.communicate(timeout=60)[1] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], said
    assert place.read_bytes() == CONTENT
    assert server.requests == [None] and leftovers(place) == []


def test_a_whole_part_that_was_not_moved_yet_is_used(server, place, monkeypatch):
    register(monkeypatch, server.address)
    place.parent.mkdir(parents=True)
    place.with_name("file.bin.part").write_bytes(CONTENT)
    assert fetch.path(NAME).read_bytes() == CONTENT
    assert server.requests == [f"bytes={len(CONTENT)}-"]


def test_a_server_that_cannot_resume_sends_everything_again(server, place, monkeypatch):
    register(monkeypatch, server.address)
    server.ranges, server.drops = False, (200_000,)
    assert fetch.path(NAME).read_bytes() == CONTENT


def test_a_part_of_another_file_is_thrown_away_and_all_of_it_comes_anew(server, place, monkeypatch):
    register(monkeypatch, server.address)
    place.parent.mkdir(parents=True)
    place.with_name("file.bin.part").write_bytes(b"something else")
    assert fetch.path(NAME).read_bytes() == CONTENT
    assert server.requests == ["bytes=14-", None]


def test_another_checksum_is_refused_and_leaves_nothing(server, place, monkeypatch):
    file = register(monkeypatch, server.address)
    server.content = CONTENT[:-1] + b"\x00"
    with pytest.raises(fetch.DataMissing) as caught:
        fetch.path(NAME)
    assert f"its SHA-256 is not {file.sha256}" in str(caught.value)
    assert f"download {server.address} and put it at {place}" in str(caught.value)
    assert not place.exists() and leftovers(place) == []


def test_an_address_that_is_gone_is_named(server, place, monkeypatch):
    register(monkeypatch, server.address)
    server.status = 404
    with pytest.raises(fetch.DataMissing, match=r"answered 404 Not Found\. By hand: download http://127"):
        fetch.path(NAME)
    assert leftovers(place) == []


def test_without_a_network_it_says_at_once_what_to_do_by_hand(place, monkeypatch):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}/file.bin"
        register(monkeypatch, address)
        with pytest.raises(fetch.DataMissing) as caught:
            fetch.path(NAME)
    assert f"no connection to {address}" in str(caught.value)
    assert f"put it at {place}" in str(caught.value)
    assert leftovers(place) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full, /dev/full")
def test_a_full_disk_is_named_and_leaves_nothing(server, place, monkeypatch):
    register(monkeypatch, server.address)
    place.parent.mkdir(parents=True)
    place.with_name("file.bin.part").symlink_to("/dev/full")
    with pytest.raises(fetch.DataMissing, match=r"the disk of .* is full"):
        fetch.path(NAME)
    assert not place.exists() and leftovers(place) == []


def test_a_cache_that_cannot_be_written_is_named(server, place, monkeypatch):
    register(monkeypatch, server.address)
    place.parent.parent.parent.mkdir(exist_ok=True)
    place.parent.parent.write_text("a file where the folder should be")
    with pytest.raises(fetch.DataMissing, match="cannot be written"):
        fetch.path(NAME)


def test_a_file_that_is_not_right_is_named_with_both_checksums(place, monkeypatch):
    file = register(monkeypatch, "http://127.0.0.1/never-asked")
    place.parent.mkdir(parents=True)
    place.write_bytes(CONTENT[::-1])
    with pytest.raises(fetch.DataMissing, match=f"expected SHA-256 {file.sha256}, got [0-9a-f]{{64}}. Remove it"):
        fetch.path(NAME)
    place.write_bytes(CONTENT[:1000])
    with pytest.raises(fetch.DataMissing, match=f"expected {len(CONTENT)} bytes, got 1000"):
        fetch.path(NAME)


def test_the_mirror_comes_before_the_cache_and_the_network(tmp_path, place, monkeypatch):
    register(monkeypatch, "http://127.0.0.1/never-asked")
    mirror = tmp_path / "mirror" / NAME
    mirror.parent.mkdir(parents=True)
    mirror.write_bytes(CONTENT)
    monkeypatch.setenv(fetch.MIRROR, str(tmp_path / "mirror"))
    assert fetch.path(NAME) == mirror
    mirror.unlink()
    place.parent.mkdir(parents=True)
    place.write_bytes(CONTENT)
    assert fetch.path(NAME) == place


def test_a_relative_mirror_is_found_from_any_folder(tmp_path, place, monkeypatch):
    register(monkeypatch, "http://127.0.0.1/never-asked")
    (tmp_path / "mirror" / NAME).parent.mkdir(parents=True)
    (tmp_path / "mirror" / NAME).write_bytes(CONTENT)
    monkeypatch.setenv(fetch.MIRROR, os.path.relpath(tmp_path / "mirror", ROOT))
    monkeypatch.chdir(tmp_path)
    assert fetch.path(NAME).samefile(tmp_path / "mirror" / NAME)


def test_a_mirror_that_is_no_folder_is_named_and_nothing_is_downloaded(server, tmp_path, place, monkeypatch):
    register(monkeypatch, server.address)
    monkeypatch.setenv(fetch.MIRROR, str(tmp_path / "mirrror"))
    with pytest.raises(fetch.DataMissing, match=f"{fetch.MIRROR} names {tmp_path}/mirrror, which is no folder"):
        fetch.path(NAME)
    assert server.requests == []


def test_a_mirror_that_lacks_the_file_is_named_where_the_download_fails(server, tmp_path, place, monkeypatch):
    register(monkeypatch, server.address)
    server.status = 404
    monkeypatch.setenv(fetch.MIRROR, str(tmp_path))
    with pytest.raises(fetch.DataMissing, match=f"is not in the mirror {tmp_path}, and could not be downloaded: .* answered 404"):
        fetch.path(NAME)


def test_one_member_of_an_archive_is_taken_out(server, place, monkeypatch):
    server.content = packing.zipped({"folder/other.txt": b"other", "folder/wanted.bin": CONTENT})
    register(monkeypatch, f"{server.address}#folder/wanted.bin")
    assert fetch.path(NAME).read_bytes() == CONTENT
    assert leftovers(place) == []


@pytest.mark.parametrize("content", [b"no archive", packing.zipped({"folder/other.txt": b""})], ids=["no-archive", "without-the-member"])
def test_another_archive_is_refused(server, place, monkeypatch, content):
    server.content = content
    register(monkeypatch, f"{server.address}#folder/wanted.bin")
    with pytest.raises(fetch.DataMissing, match="is not the archive that it should be"):
        fetch.path(NAME)
    assert leftovers(place) == []


def test_a_repository_is_packed_into_the_set_that_comes_from_it(server, place, monkeypatch):
    name, recipe = next(iter(packing.RECIPES.items()))
    tile = b"\x89PNG\r\n\x1a\n" + bytes(8) + (32).to_bytes(4, "big") * 2
    wide = b"\x89PNG\r\n\x1a\n" + bytes(8) + (64).to_bytes(4, "big") + (32).to_bytes(4, "big")
    repository = {
        "mon/b.png": tile,
        "mon/a.png": tile + b"a",
        "mon/wide.png": wide,
        "mon/slave.png": tile,
        "mon/UNUSED/old.png": tile,
        "gui/button.png": tile,
    }
    members = {f"tiles-1234/{recipe.folder}{path}": data for path, data in repository.items()}
    server.content = packing.zipped({f"tiles-1234/{packing.UNKNOWN_LICENCE}": b"bush.png\nslave.png\n"} | members)
    expected = packing.zipped({"mon/a.png": tile + b"a", "mon/b.png": tile})
    smaller = packing.Recipe(recipe.folder, recipe.names, recipe.side_px, hashlib.sha256(expected).hexdigest())
    monkeypatch.setitem(packing.RECIPES, name, smaller)
    register(monkeypatch, server.address, name=name)
    with zipfile.ZipFile(io.BytesIO(fetch.path(name).read_bytes())) as archive:
        assert archive.namelist() == ["mon/a.png", "mon/b.png"]
    assert fetch.path(name).read_bytes() == expected


def test_an_unknown_name_is_refused_with_the_names_there_are(capsys):
    with pytest.raises(ValueError, match="unknown data file 'mnist/nothing'"):
        fetch.path("mnist/nothing")
    with pytest.raises(SystemExit):
        main(["fetch", "nothing"])
    assert "there are the sets text, mnist, tiles" in capsys.readouterr().err


def test_fetch_prints_where_a_set_is_and_fails_if_a_file_is_missing(server, place, monkeypatch, capsys):
    register(monkeypatch, server.address)
    monkeypatch.setitem(registry.SETS, "set", registry.Set("free", "here", "testing"))
    assert main(["fetch", "set"]) == 0
    assert capsys.readouterr().out == f"{place}\n"
    place.unlink()
    server.status = 503
    assert main(["fetch", "set"]) == 1
    assert "answered 503" in capsys.readouterr().err


def test_verify_finds_the_file_that_changed(server, place, monkeypatch, capsys):
    register(monkeypatch, server.address)
    assert main(["verify"]) == 0
    assert "0 files right, 0 wrong, 1 not here" in capsys.readouterr().out
    fetch.path(NAME)
    assert main(["verify"]) == 0
    assert "1 files right, 0 wrong, 0 not here" in capsys.readouterr().out
    place.write_bytes(CONTENT[1:])
    assert main(["verify"]) == 1
    assert f"wrong: {place}" in capsys.readouterr().out


def test_list_shows_every_set_with_its_licence(capsys):
    assert main(["list"]) == 0
    shown = capsys.readouterr().out
    for name, about in registry.SETS.items():
        assert f"\n{name} " in f"\n{shown}" and about.licence in shown


def test_every_file_of_the_registry_belongs_to_a_set_and_has_an_address():
    files = registry.files()
    assert len(files) == 230
    assert {file.set for file in files.values()} == set(registry.SETS)
    assert all(file.address.startswith("https://") and len(file.sha256) == 64 and file.size_bytes > 0 for file in files.values())
