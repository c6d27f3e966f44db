"""Makes a backup: the database at one moment, the key, the published releases."""

from __future__ import annotations

import shutil
import tempfile
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from bot.backup.archive import Manifest, pack, sha256
from bot.backup.stores import store_of
from bot.config import Settings
from bot.errors import BackupError

KEY = "secret.key"
RELEASES = "releases"


def make_backup(settings: Settings, folder: Path, now: datetime) -> Path:
    """Write a backup into `folder` and return its file; the assistant may run. Raises BackupError or StorageError."""
    target = folder / f"cic-{now:%Y%m%dT%H%M%SZ}.tar.gz"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if target.exists():
            raise BackupError(f"La sauvegarde {target} existe déjà.")
        with tempfile.TemporaryDirectory(prefix=".cic-", dir=folder) as name:  # beside the backup: /tmp is no place for it
            unfinished = _write(settings, Path(name), now)
            unfinished.rename(target)
    except OSError as error:
        cause = error.strerror or "un fichier a changé pendant la copie, recommencez"
        raise BackupError(f"La sauvegarde ne peut pas être écrite dans {folder} : {cause}.") from error
    return target


def _write(settings: Settings, work: Path, now: datetime) -> Path:
    parts, packed = work / "parts", work / "packed.tar.gz"
    parts.mkdir()
    store = store_of(settings)
    store.dump(parts / store.part)
    for name in (KEY, RELEASES):
        source = settings.data_dir / name
        if source.is_file():
            shutil.copyfile(source, parts / name)
        elif source.is_dir():
            shutil.copytree(source, parts / name, ignore=shutil.ignore_patterns(".*"))  # those are being written
    sums = {path.relative_to(parts).as_posix(): sha256(path) for path in sorted(parts.rglob("*")) if path.is_file()}
    pack(parts, Manifest(now, version("cic"), store.revision(), sums), packed)
    return packed
