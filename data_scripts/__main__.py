"""Lists, fetches and verifies the real data of the course: `python -m data_scripts fetch mnist textures`."""

import argparse
import sys

from data_scripts import fetch, registry


def list_sets(_: argparse.Namespace) -> int:
    """Print every set: how much of it is here, its size, use and licence."""
    for name, about in registry.SETS.items():
        files = registry.find(name)
        here = sum(fetch.present(file) is not None for file in files)
        size_mb = sum(file.size_bytes for file in files) / 1e6
        print(f"{name:14} {here:3} of {len(files):3} files here, {size_mb:5.1f} MB   {about.use}\n{'':14} {about.licence}; {about.home}")
    return 0


def fetch_files(arguments: argparse.Namespace) -> int:
    """Fetch sets or single files, and print where they are; returns 1 if any could not be had."""
    missing = False
    wanted = [registry.find(name) for name in arguments.names]
    for files in wanted:
        try:
            for file in files:
                print(fetch.path(file.name))
        except fetch.DataMissing as error:
            missing = True
            print(error, file=sys.stderr)
    return int(missing)


def verify(_: argparse.Namespace) -> int:
    """Read every file that is here and compare its checksum; returns 1 if one is wrong."""
    wrong, absent = [], 0
    for file in registry.files().values():
        place = fetch.present(file)
        absent += place is None
        if place is not None and not fetch.intact(file, place):
            wrong.append(place)
            print(f"wrong: {place} (expected SHA-256 {file.sha256})")
    print(f"{len(registry.files()) - absent - len(wrong)} files right, {len(wrong)} wrong, {absent} not here")
    return 1 if wrong else 0


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m data_scripts", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="list | fetch | verify")
    commands.add_parser("list", help="print every set: how much of it is here, size, use and licence").set_defaults(run=list_sets)
    fetching = commands.add_parser("fetch", help="fetch sets or single files, and print where they are")
    fetching.add_argument("names", nargs="+", metavar="NAME", help="a set (mnist) or a file (textures/flower.mp4)")
    fetching.set_defaults(run=fetch_files)
    commands.add_parser("verify", help="compare the checksum of every file that is here").set_defaults(run=verify)
    parsed = parser.parse_args(arguments)
    try:
        return parsed.run(parsed)
    except ValueError as error:  # an unknown name
        parser.error(str(error))


if __name__ == "__main__":
    sys.exit(main())
