"""Orders in columns: the transitions and guards of production, and the replay that proves it."""
