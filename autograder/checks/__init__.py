"""What is asked of every answer: one module a lesson, and the words they share."""
