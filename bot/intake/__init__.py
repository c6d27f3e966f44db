"""The request for contact: asks, understands the answers, takes corrections, recaps, and asks for consent. Pure: no I/O."""
