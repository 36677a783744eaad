"""Simulated people, on whose days the rules of findings and its rivals are measured. Imports numpy."""
