"""Conversations with the whole assistant, as its users have them: real processes, the public chat API, a real mail server."""
