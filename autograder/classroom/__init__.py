"""Grades a class: one task a student, results that survive anything, one writer into the gradebook, pages and files."""
