"""From what was understood to what is said: facts with their source, questions back, honest refusals."""
