"""The machine of the course: builds notebooks from lesson scripts, checks answers, grades classes."""

import sys

# Where it is installed, jsonschema reads web addresses with this module, which takes seconds to import. Notebooks hold none to check.
sys.modules.setdefault("rfc3987_syntax", None)
