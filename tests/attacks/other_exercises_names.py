"""One cell defines the functions of other exercises anew, wrongly, and deletes names; it harms only its own author."""

from tests.attacks.core import RIGHT, Attack

OTHERS = "\ndef double(values):\n    return values\ndel letters"

ATTACK = Attack(base=RIGHT, cells={"largest": RIGHT["largest"] + OTHERS}, score=4)
