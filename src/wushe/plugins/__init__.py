"""Hooks and their manager; each seed city's rules are one file of this package."""
