"""The sandbox started from nothing, inside bubblewrap or, for code that one trusts, as an ordinary process."""

import json
import os
import socket
import sys
import warnings

from autograder.grading import confine, inside


def main(channel: socket.socket, spec: dict, walled: bool) -> None:
    """Import what the lesson needs, take on the limits, and serve."""
    walls = confine.Walls(**spec["walls"])
    if walled:
        confine.give_up_rights()
        inside.settle_in(spec["stage"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        inside.preload(spec["modules"])
    if walled:
        confine.set_limits(walls)
    for number in (1, 2):
        os.dup2(0, number)
    inside.main(channel, spec["output_bytes"])


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])), json.loads(sys.argv[2]), os.environ.pop("COURSE_WALLED", "") == "1")
