"""`cic bench`: how fast the running assistant answers, and what each part of its understanding is worth."""
