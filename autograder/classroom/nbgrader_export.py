"""`nbgrader export` with nbgrader's own columns, any student's name, and no zero for what was never graded."""

from pathlib import Path

from nbgrader.api import Assignment, Gradebook, MissingEntry, Student, SubmittedAssignment
from nbgrader.plugins import ExportPlugin

from autograder.classroom.exports import table
from autograder.files import write_text

COLUMNS = ("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email",
           "raw_score", "late_submission_penalty", "score", "max_score")  # fmt: skip


class CsvExport(ExportPlugin):
    """Writes nbgrader.csv into the folder of the course, where our own grades.csv may lie too, or the file named by --to."""

    def export(self, gradebook: Gradebook) -> None:
        """One line for every assignment and student that were asked for, or for all."""
        students = [student for student in gradebook.students if not self.student or student.id in map(str, self.student)]
        assignments = [a for a in gradebook.assignments if not self.assignment or a.name in map(str, self.assignment)]
        lines = [_line(gradebook, assignment, student) for assignment in assignments for student in students]
        path = Path(self.to or Path(self.parent.coursedir.root, "nbgrader.csv"))
        self.log.info("Exporting grades to %s", path)
        write_text(path, table(COLUMNS, lines))


def _line(gradebook: Gradebook, assignment: Assignment, student: Student) -> list[str]:
    try:
        submission = gradebook.find_submission(assignment.name, student.id)
    except MissingEntry:  # as nbgrader has it: who hands in nothing gets nothing
        timestamp, scores = None, (0.0, 0.0, 0.0)
    else:
        timestamp, scores = submission.timestamp, _scores(submission)
    values = [assignment.name, assignment.duedate, timestamp, student.id, student.last_name, student.first_name, student.email,
              *scores, assignment.max_score]  # fmt: skip
    return ["" if value is None else str(value) for value in values]


def _scores(submission: SubmittedAssignment) -> tuple[float | None, float | None, float | None]:
    """Raw score, penalty and what is left; nothing at all if no cell was ever graded."""
    grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
    if all(grade.auto_score is None and grade.manual_score is None for grade in grades):
        return None, None, None
    penalty = submission.late_submission_penalty
    return submission.score, penalty, max(0.0, submission.score - penalty)
