"""The machine of the course: builds notebooks from lesson scripts, checks answers, grades classes."""
