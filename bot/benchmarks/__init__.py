"""`cic bench`: what the assistant costs beside its peers, and what each part of its understanding is worth."""
