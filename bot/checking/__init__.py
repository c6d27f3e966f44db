"""`cic check`: what is wrong in the knowledge, the training data, the texts and the settings. Reads files, changes none."""

from bot.checking.examples import Example, read_examples
from bot.checking.fault import Fault
from bot.checking.project import check_project

__all__ = ["Example", "Fault", "check_project", "read_examples"]
