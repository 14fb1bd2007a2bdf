"""The steps from one format of the store to the next, run by alembic; one file a format, never changed later."""
