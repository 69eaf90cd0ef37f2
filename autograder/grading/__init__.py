"""Runs and judges one submission: gate, sandbox, trusted checks."""
