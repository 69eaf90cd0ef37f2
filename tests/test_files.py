"""Files are written whole or not at all, with the rights that the user's mask leaves, and an error names the file."""

import os
import resource

import pytest

from autograder.files import write_bytes


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002], ids=oct)
def test_a_file_gets_the_rights_that_the_mask_leaves(tmp_path, mask):
    before = os.umask(mask)
    try:
        write_bytes(tmp_path / "folder" / "grades.csv", b"1")
    finally:
        os.umask(before)
    assert (tmp_path / "folder" / "grades.csv").stat().st_mode & 0o777 == 0o666 & ~mask


def test_a_file_that_has_no_room_is_named_and_leaves_the_old_one(tmp_path):
    """A limit on the size of files stands for a full disk: neither error names a file by itself."""
    path = tmp_path / "grades.csv"
    write_bytes(path, b"old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(OSError) as told:
            write_bytes(path, bytes(100_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert told.value.filename == str(path)
    assert [found.name for found in tmp_path.iterdir()] == ["grades.csv"] and path.read_bytes() == b"old"
