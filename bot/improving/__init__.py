"""Works on a change of the training data in a process of its own: trains the candidate, compares it with what runs."""
