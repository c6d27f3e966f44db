"""What the tests on real processes share: the whole assistant, a person who writes to it, and a mail server."""
