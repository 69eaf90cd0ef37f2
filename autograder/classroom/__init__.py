"""Grades a class: one task a student, results that survive anything, one writer into the gradebook, pages and files."""

import sys

# jsonschema, which looks at notebooks, would compile a grammar of international web addresses for two seconds, in every process;
# no notebook has a field of that kind. A module that is None counts as not installed, and jsonschema does without.
sys.modules.setdefault("rfc3987_syntax", None)
