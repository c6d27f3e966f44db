"""Messaging channels: what comes in is verified, parsed, stored once and acknowledged at once; a worker answers it and sends the replies.

Runs in the web process and knows nothing of Rasa.
"""
