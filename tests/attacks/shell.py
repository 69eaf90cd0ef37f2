"""Uses `!` and `%env` to look around; is an ordinary user in an empty house."""

from tests.attacks.core import WRONG, Attack

LOOK = """
%env
!cat /etc/passwd /etc/shadow; id; ls /root /home
!echo "the user is $(id -u)"
"""

ATTACK = Attack(cells={"double": WRONG["double"] + LOOK}, says="the user is 1000")
