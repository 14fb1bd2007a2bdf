"""Volunteers notice, answer, tire, leave and come back; participation spreads."""
