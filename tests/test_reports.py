"""What students, instructors and other systems are given says what the results say, to everyone, with no network."""

import csv
import json
import re
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from autograder.classroom import exports
from autograder.classroom.feedback import write_feedback
from autograder.classroom.gradebook import Move, Standing
from autograder.classroom.moves import Moved, compare, read_scores
from autograder.classroom.report import commonest, histogram, pass_rates, write_report
from autograder.classroom.results import ungraded

SLUG, TITLE, SEED = "a00_motion_energy", "0. Motion energy", 918273645
TERMS = {"isolation": "fork", "time_s": 60, "memory_mb": 4096, "seed": SEED}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
ODD = 'Núñez, José "Pepe" <b>=1+1'


def check(name: str, state: str = "passed", message: str = "", points: float = 1, picture: dict | None = None) -> dict:
    reached = points if state == "passed" else 0
    return {"name": name, "about": f"About {name}.", "points": reached, "max_points": points, "state": state, "message": message,
            "picture": picture, "seconds": 0.1}  # fmt: skip


def result(student: str, *checks: dict, seconds: float = 1.0) -> dict:
    points = sum(check["points"] for check in checks)
    exercise = {"name": "smooth", "points": points, "max_points": sum(check["max_points"] for check in checks), "checks": list(checks)}
    return ungraded(student, SLUG, TERMS, "graded", "") | {"score": points, "max_score": 3, "exercises": [exercise], "seconds": seconds}


@pytest.fixture
def class_of_five() -> tuple[list[dict], dict[str, Standing]]:
    wrong = check(
        "keeps constants", "failed", "constant clip: off by 0.28\nhint: <repeat> the edge frame", 2, {"png": PIXEL, "alt": "Two curves."}
    )
    other = check("keeps constants", "failed", "constant clip: off by 1.5e-3\nhint: <repeat> the edge frame", 2)
    results = [
        result("ada", check("keeps constants", points=2), check("spreads impulses")),
        result(ODD, wrong, check("spreads impulses", "not implemented", "not written yet")) | {"notes": ["smooth: two cells belong to it"]},
        result("cy", other, check("spreads impulses", "timeout", "stopped after 60 s"), seconds=75),
        ungraded("dee", SLUG, TERMS, "refused", "the file is no notebook"),
        ungraded("eve", SLUG, TERMS, "not graded", "the worker died 3 times"),
    ]
    standings = {
        "ada": Standing(3),
        ODD: Standing(1.5, late_penalty=0.5, manual={"smooth": 1.5}, extra={"smooth": 0.5}, comments={"smooth": "Nearly."}),
        "cy": Standing(0),
        "dee": Standing(None, needs_review=True),
        "eve": Standing(None, needs_review=True),
    }
    return results, standings


class Page(HTMLParser):
    """A page's visible text, its images, and every address in it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.source = path.read_text(encoding="utf-8")
        self.text, self.addresses, self.images = "", [], []
        self.hidden = False
        self.feed(self.source)

    def handle_starttag(self, tag: str, attributes: list) -> None:
        self.hidden = tag in ("style", "script")
        self.text += " "
        self.addresses += [value for name, value in attributes if name in ("src", "href", "action", "data", "srcset")]
        if tag == "img":
            self.images.append(dict(attributes))

    def handle_endtag(self, tag: str) -> None:
        self.hidden = False

    def handle_data(self, data: str) -> None:
        self.text += "" if self.hidden else data


def feedback(tmp_path: Path, results: list[dict], standings: dict[str, Standing], student: str) -> Page:
    found = next(result for result in results if result["student"] == student)
    write_feedback(tmp_path / "feedback", TITLE, 3, found, standings[student])
    (path,) = (tmp_path / "feedback").iterdir()
    return Page(path)


def report(tmp_path: Path, results: list[dict], standings: dict[str, Standing], moved: tuple[Moved, ...] = ()) -> Page:
    write_report(tmp_path / "report.html", TITLE, 3, results, standings, moved, ["all.zip"])
    return Page(tmp_path / "report.html")


def test_feedback_has_every_check_with_points_message_hint_and_picture(tmp_path, class_of_five):
    page = feedback(tmp_path, *class_of_five, ODD)
    for words in (ODD, "1.5 of 3 points", "keeps constants", "0 of 2", "constant clip: off by 0.28", "Hint:", "<repeat> the edge frame",
                  "Not written yet:", "two cells belong to it", "Nearly.", "0.5 points less for",
                  "2 of 3smooth", "1.5 of 3 points count, the checks gave 0.", "0.5 extra points"):  # fmt: skip
        assert words in page.text
    (image,) = page.images
    assert image["alt"] == "Two curves." and image["src"] == f"data:image/png;base64,{PIXEL}"


def test_feedback_says_where_to_begin_if_several_checks_fail(tmp_path, class_of_five):
    pages = {student: feedback(tmp_path / student[:3], *class_of_five, student).text for student in ("ada", ODD, "cy")}
    assert [student for student, text in pages.items() if "Begin with the first" in text] == ["cy"]


def test_feedback_shows_no_seed(tmp_path, class_of_five):
    for student in ("ada", ODD):
        assert str(SEED) not in feedback(tmp_path / student[:3], *class_of_five, student).source


@pytest.mark.parametrize(
    ("student", "words"),
    [("dee", "This notebook could not be accepted."), ("eve", "this is no fault of yours and costs no points")],
    ids=["refused", "not-graded"],
)
def test_feedback_without_a_score_says_what_happens_next(tmp_path, class_of_five, student, words):
    page = feedback(tmp_path, *class_of_five, student)
    assert words in page.text and "0 of 3" not in page.text
    assert "worker" not in page.text


def test_a_refused_submission_that_a_person_scored_has_a_score(tmp_path, class_of_five):
    results, standings = class_of_five
    page = feedback(tmp_path, results, standings | {"dee": Standing(2, manual={"smooth": 2})}, "dee")
    assert "gave it 2 of 3 points" in page.text and "no score yet" not in page.text


def test_pages_ask_nothing_of_the_network(tmp_path, class_of_five):
    pages = [feedback(tmp_path, *class_of_five, ODD), report(tmp_path, *class_of_five)]
    for page in pages:
        assert "default-src 'none'" in page.source
        assert [address for address in page.addresses if not address.startswith(("data:", "feedback/"))] == []
        assert not re.search(r"url\(|@import", page.source)


def test_the_report_counts_and_names_what_needs_a_person(tmp_path, class_of_five):
    page = report(tmp_path, *class_of_five, moved=(Moved("ada", 1, 3, "new file"),))
    words = re.sub(r"\s+", " ", page.text)
    for expected in ("5 students: 3 graded, 1 not graded, 1 refused", "Mean 1.5, median 1.5 of 3 points", "the worker died 3 times",
                     "Scores that moved", "graded for nobody: all.zip", "ada 1 3 new file", "Slowest: cy (75 s)"):  # fmt: skip
        assert expected in words
    assert "without isolation" not in words
    links = [unquote(address) for address in page.addresses if address.startswith("feedback/")]
    assert links == [f"feedback/{student}.html" for student in ("ada", ODD, "cy", "dee", "eve")]


def test_the_report_says_when_nothing_was_isolated(tmp_path, class_of_five):
    results, standings = class_of_five
    page = report(tmp_path, [results[0] | {"isolation": "none"}, *results[1:]], standings)
    assert "ran without isolation" in page.text


def test_the_report_leaves_out_other_classes_of_the_same_gradebook(tmp_path, class_of_five):
    results, standings = class_of_five
    page = report(tmp_path, results, standings | {"of another class": Standing(0, late_penalty=1.0)})
    assert "Mean 1.5, median 1.5 of 3 points" in re.sub(r"\s+", " ", page.text)


def test_pass_rates_are_shares_of_the_graded(class_of_five):
    results, _ = class_of_five
    rates = pass_rates(results[:3])["smooth"]
    assert [(bar.label, bar.count) for bar in rates] == [("keeps constants", "33 %"), ("spreads impulses", "33 %")]


def test_messages_that_differ_in_numbers_are_one(class_of_five):
    results, _ = class_of_five
    messages = commonest(results[:3])
    assert [(count, name) for count, _, name, _ in messages] == [(2, "keeps constants"), (1, "spreads impulses")]
    assert messages[0][3] == "constant clip: off by 0.28\n<repeat> the edge frame"


def test_a_message_counts_once_for_an_exercise_and_a_student():
    broken = [check(name, "timeout", "its cell: stopped after 60 s") for name in ("one", "two", "three")]
    undefined = check("four", "error", "NameError: name 'smooth' is not defined\n  in blend, line 3")
    misspelt = result("bo", check("one", "error", "its cell ended in an error: NameError: name 'npp' is not defined"))
    messages = commonest([result("ada", *broken, undefined), result("cy", *broken[1:]), misspelt, result("dee", undefined)])
    assert [(count, name, message.partition("\n")[0]) for count, _, name, message in messages] == [
        (2, "one", "its cell: stopped after 60 s"),
        (1, "one", "its cell ended in an error: NameError: name 'npp' is not defined"),
        (1, "four", "NameError: name 'smooth' is not defined"),  # of one whose cells are all whole
    ]


def test_every_value_is_in_one_bin_of_a_histogram():
    bars = histogram([0, 9.99, 10, 55, 100, 100], range(0, 101, 10), "{} to {}")
    assert [int(bar.count) for bar in bars] == [2, 1, 0, 0, 0, 1, 0, 0, 0, 2]
    assert max(bar.length for bar in bars) == 100


def read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_the_grade_sheet_keeps_any_name_and_gives_no_zero_that_was_not_earned(tmp_path, class_of_five):
    exports.write_grades(tmp_path / "grades.csv", *class_of_five, 3)
    header, *lines = read(tmp_path / "grades.csv")
    assert header[:5] == ["student", "assignment", "score", "max_score", "status"]
    assert [(line[0], line[2], line[3], line[4]) for line in lines] == [
        ("ada", "3", "3", "graded"),
        (ODD, "1.5", "3", "graded"),
        ("cy", "0", "3", "graded"),
        ("dee", "", "3", "refused"),
        ("eve", "", "3", "not graded"),
    ]


def test_canvas_gets_its_columns_and_scores_alone(tmp_path, class_of_five):
    exports.write_canvas(tmp_path / "canvas.csv", SLUG, 3, *class_of_five)
    header, points, *lines = read(tmp_path / "canvas.csv")
    assert header == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", SLUG]
    assert points == ["    Points Possible", "", "", "", "", "3"]
    assert [(line[3], line[5]) for line in lines] == [("ada", "3"), (ODD, "1.5"), ("cy", "0")]


def test_moodle_gets_a_username_and_a_score(tmp_path, class_of_five):
    exports.write_moodle(tmp_path / "moodle.csv", SLUG, *class_of_five)
    assert read(tmp_path / "moodle.csv") == [["username", SLUG], ["ada", "3"], [ODD, "1.5"], ["cy", "0"]]


def test_gradescope_gets_a_result_a_student(tmp_path, class_of_five):
    exports.write_gradescope(tmp_path, *class_of_five)
    assert {path.name for path in tmp_path.iterdir()} == {"ada", ODD, "cy"}
    found = json.loads((tmp_path / "cy" / "results.json").read_text(encoding="utf-8"))
    assert (found["score"], found["execution_time"]) == (0, 75)
    assert [(test["name"], test["score"], test["max_score"], test["status"]) for test in found["tests"]] == [
        ("smooth: keeps constants", 0, 2, "failed"), ("smooth: spreads impulses", 0, 1, "failed"),
    ]  # fmt: skip


def test_gradescope_is_told_why_a_score_is_no_sum_of_the_checks(tmp_path, class_of_five):
    exports.write_gradescope(tmp_path, *class_of_five)
    found = json.loads((tmp_path / ODD / "results.json").read_text(encoding="utf-8"))
    assert found["output"].splitlines() == [
        "smooth: your instructor gave 1.5 points", "smooth: your instructor gave 0.5 extra points",
        "0.5 points less for handing in late", "smooth: two cells belong to it",
    ]  # fmt: skip


def test_moves_are_kept_one_below_the_other(tmp_path):
    when = datetime(2026, 9, 1).isoformat()
    exports.append_moves(tmp_path / "moved.csv", when, [], [])
    assert not (tmp_path / "moved.csv").exists()
    exports.append_moves(tmp_path / "moved.csv", when, [Moved("ada", 1, 2.5, "new file, late")], [Move("ada", "smooth", 1, 3)])
    exports.append_moves(tmp_path / "moved.csv", when, [Moved("b, c", 2.5, None, "missing")], [])
    assert read(tmp_path / "moved.csv") == [
        ["when", "student", "exercise", "before", "after", "why"],
        [when, "ada", "", "1", "2.5", "new file, late"], [when, "ada", "smooth", "1", "3", ""], [when, "b, c", "", "2.5", "", "missing"],
    ]  # fmt: skip


MOVES = {  # what changed in a result of 3 points, where the student stands then, and the reason
    "nothing": ({}, Standing(3), None),
    "new file": ({"submission": "b", "score": 1}, Standing(1), "new file"),
    "checks": ({"checks": "b", "score": 1}, Standing(1), "checks"),
    "settings": ({"terms": TERMS | {"seed": 1}, "score": 2}, Standing(2), "settings"),
    "late": ({}, Standing(2.5, late_penalty=0.5), "late"),
    "by hand": ({}, Standing(3.5, manual={"smooth": 3.5}), "by hand"),
    "new and late": ({"submission": "b", "score": 1}, Standing(0.5, late_penalty=0.5), "new file, late"),
    "new and by hand": ({"submission": "b", "score": 1}, Standing(2), "new file, by hand"),
    "new with a score that stands by hand": ({"submission": "b", "score": 1}, Standing(3), None),
    "refused": ({"submission": "b", "status": "refused"}, Standing(None), "refused"),
    "cause unknown": ({"score": 2}, Standing(2), ""),  # a run was stopped after the results were written
}


@pytest.mark.parametrize(("changes", "standing", "why"), MOVES.values(), ids=[name.replace(" ", "-") for name in MOVES])
def test_a_score_that_moves_says_why(tmp_path, changes, standing, why):
    earlier = result("ada", check("one", points=3)) | {"submission": "a", "checks": "a"}
    exports.write_grades(tmp_path / "grades.csv", [earlier], {"ada": Standing(3)}, 3)
    moved = compare(read_scores(tmp_path / "grades.csv"), {"ada": earlier}, [earlier | changes], {"ada": standing})
    assert moved == ([] if why is None else [Moved("ada", 3, standing.score, why)])


CHANGED = {
    "nothing in it": b"",
    "columns taken away": b"student,score\nada,3\n",
    "numbers of a spreadsheet": b'student,score,checks_score,late_penalty\nada,"2,5",2,0\n',
    "no text": b"student,score,checks_score,late_penalty\n\xff\0,1,1,\n",
}


@pytest.mark.parametrize("data", CHANGED.values(), ids=[name.replace(" ", "-") for name in CHANGED])
def test_a_grade_sheet_that_a_person_changed_stops_nothing(tmp_path, data):
    (tmp_path / "grades.csv").write_bytes(data)
    assert "ada" not in read_scores(tmp_path / "grades.csv")
    assert read_scores(tmp_path / "none.csv") == {}
