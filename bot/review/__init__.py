"""The review of conversations: what staff see, say and do, without its pages (bot.web.review).

Reads `conversations` and `exchanges`, which are made from the events as they are stored and hold no personal data; never whole trackers
for a page.
"""
