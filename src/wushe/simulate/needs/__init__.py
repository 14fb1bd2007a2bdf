"""Needs arise, stay hidden, are found, wait for intake, and lapse."""
