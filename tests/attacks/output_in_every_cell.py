"""Prints as much as is kept of a cell in hundreds of them, to fill the disk with pages; the sum is limited too."""

from tests.attacks.core import RIGHT, Attack


def change(made: dict) -> None:
    place = next(number for number, cell in enumerate(made["cells"]) if cell["id"] == "exercise-largest")
    copies = [{**made["cells"][place], "id": f"copy{number}", "source": f"{RIGHT['largest']}\nprint('x' * 4000)"} for number in range(200)]
    made["cells"][place + 1 : place + 1] = copies


ATTACK = Attack(base=RIGHT, change=change, score=7, says="printed more than 20000 characters")
