"""Real browsers before the real pages."""
