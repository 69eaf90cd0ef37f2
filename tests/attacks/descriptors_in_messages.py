"""Sends the grader hundreds of open files along with an answer, to leave it without any; they are dropped with the message."""

from tests.attacks.core import RIGHT, Attack

SEND = """
import array, os, socket, stat
CHANNEL = next(n for n in range(3, 64) if os.path.exists(f"/proc/self/fd/{n}") and stat.S_ISSOCK(os.fstat(n).st_mode))
def double(values):
    channel = socket.socket(fileno=os.dup(CHANNEL))
    for _ in range(100):
        files = array.array("i", [os.open("/dev/null", os.O_RDONLY)] * 250)
        channel.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, files)])
        os.close(files[0])
    return 2 * values
"""

ATTACK = Attack(base=RIGHT, cells={"double": SEND}, score=5)
