"""Many runs side by side: tables, workers, statistics."""
