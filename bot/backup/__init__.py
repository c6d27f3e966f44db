"""Backups: everything that must survive a machine, in one file, and back. `cic backup` and `cic restore` call it."""

from __future__ import annotations

from bot.backup.making import make_backup
from bot.backup.restoring import Restored, restore

__all__ = ["Restored", "make_backup", "restore"]
