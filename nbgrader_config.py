"""nbgrader's settings for this course: run its commands from this folder. Grading is ours, the rest is nbgrader's own.

`nbgrader autograde` refuses, admits and runs submissions as `python -m autograder grade` does, in the same sandbox and with
the same trust; see autograder/classroom/nbgrader_steps.py and lectures/instructor.md.
"""

import os
import sys
import warnings
from pathlib import Path

from sqlalchemy import URL
from sqlalchemy.exc import SAWarning

root = Path(__file__).resolve().parent
sys.path.insert(0, str(root))
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])  # nbgrader calls alembic

warnings.filterwarnings("ignore", category=SAWarning)  # SQLAlchemy 2.1 about nbgrader's models: harmless, and many

c = get_config()  # noqa: F821 (nbgrader puts it here)

# COURSE_FOLDER=OUT shows the class that our own command graded into OUT, in the form grader for instance.
c.CourseDirectory.root = str(Path(os.environ.get("COURSE_FOLDER", root / "build" / "course")).resolve())
c.CourseDirectory.db_url = str(URL.create("sqlite", database=f"{c.CourseDirectory.root}/gradebook.db"))  # nbgrader's own breaks at a "?"

c.CourseDirectory.course_id = "video_synthesis"  # its exchange keeps courses apart by this name

# `nbgrader zip_collect`: names in the archives of Canvas (smithjane_LATE_1234_98765_NAME.ipynb, without LATE if in time) and of Moodle
# (Jane Smith_1234_assignsubmission_file_/NAME.ipynb). Browsers and Canvas add " (1)" or "-1" to the name of a second file.
c.FileNameCollectorPlugin.named_regexp = (
    r".*/extracted/(?!(?:.*/)?(?:\.|__MACOSX/))(?:[^/]+/)*?"  # no files that a Mac or Jupyter left behind
    r"(?P<student_id>[^/]+?)(?:_LATE)?_\d+(?:_\d+_|_assignsubmission_file_/)(?:.*/)?"
    r"(?P<file_id>[^/]+?)(?:-\d+| ?\(\d+\))*\.ipynb$"
)

# Before nbgrader opens a submission: what is no plain notebook, or lies beside links and special files, is refused.
c.Autograde.pre_convert_hook = "autograder.classroom.nbgrader_steps.refuse"

# The released notebook with the student's solutions goes on; it runs in a sandbox, and its checks run outside.
c.Autograde.sanitize_preprocessors = [
    "autograder.classroom.nbgrader_steps.Admit",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    "autograder.classroom.nbgrader_steps.Grade",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# Names with commas survive, and what was never graded is empty instead of zero.
c.ExportApp.plugin_class = "autograder.classroom.nbgrader_export.CsvExport"
