"""Restores a backup: as a whole or not at all, and only where nothing is lost or disturbed by it."""

from __future__ import annotations

import filecmp
import socket
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

from bot.backup.archive import Manifest, unpack
from bot.backup.making import KEY, RELEASES
from bot.backup.stores import Store, store_of
from bot.backup.swapping import swapped
from bot.config import Settings
from bot.errors import BackupError

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}


@dataclass(frozen=True)
class Restored:
    """What was done: when the backup was made, when something was erased since, which files were put aside."""

    made_at: datetime
    erased_since: tuple[datetime, ...]
    aside: tuple[Path, ...]


def restore(settings: Settings, file: Path, now: datetime, replace: bool = False) -> Restored:
    """Put a backup in the place of the present data, which must be empty unless `replace`. Raises BackupError or StorageError."""
    store = store_of(settings)
    _refuse_running(settings, store)
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".restauration-", dir=settings.data_dir) as name:
            parts = Path(name)
            manifest = unpack(file, parts)
            _refuse_other(manifest, store)
            fresh = _files(settings.data_dir, parts)
            if not replace:
                _refuse_loss(store, fresh)
            return _put_back(store, manifest, parts, fresh, now)
    except OSError as error:
        raise BackupError(f"La sauvegarde ne peut pas être rétablie dans {settings.data_dir} : {error.strerror}.") from error


def _put_back(store: Store, manifest: Manifest, parts: Path, fresh: Mapping[Path, Path | None], now: datetime) -> Restored:
    dump = parts / store.part
    erased = store.erased_since(manifest.made_at)
    _refuse_open(store)  # again: unpacking takes its time
    with swapped({**fresh, **store.files(dump)}, f"{now:%Y%m%dT%H%M%SZ}") as aside:
        store.load(dump)
    return Restored(manifest.made_at, tuple(erased), tuple(aside))


def _files(data_dir: Path, parts: Path) -> dict[Path, Path | None]:
    """What changes in the data folder beside the database. A key that the backup lacks comes from the settings: none is taken away."""
    fresh: dict[Path, Path | None] = {}
    key, releases = data_dir / KEY, data_dir / RELEASES
    if (parts / KEY).exists() and not (key.exists() and filecmp.cmp(parts / KEY, key, shallow=False)):
        fresh[key] = parts / KEY
    if (parts / RELEASES).exists() or releases.exists():
        fresh[releases] = parts / RELEASES if (parts / RELEASES).exists() else None
    return fresh


def _refuse_running(settings: Settings, store: Store) -> None:
    inside = settings.internal_host
    for host, port in ((settings.host, settings.port), (inside, settings.rasa_port), (inside, settings.actions_port)):
        try:
            socket.create_connection((_EVERYWHERE.get(host, host), port), timeout=1).close()
        except OSError:
            continue
        raise BackupError(f"L'assistant tourne encore (port {port}) : arrêtez-le, puis recommencez. Rien n'a été rétabli.")
    _refuse_open(store)


def _refuse_open(store: Store) -> None:
    if store.is_open():
        raise BackupError("La base de données est encore utilisée : arrêtez l'assistant partout, puis recommencez. Rien n'a été rétabli.")


def _refuse_other(manifest: Manifest, store: Store) -> None:
    """Refuse a backup of the other kind of database, or of tables that this version does not know."""
    if store.part not in manifest.parts:
        raise BackupError("Cette sauvegarde vient de l'autre sorte de base de données (SQLite ou PostgreSQL) : vérifiez CIC_DATABASE_URL.")
    if manifest.revision is not None and manifest.revision not in _known_revisions():
        raise BackupError(
            f"Cette sauvegarde vient d'une version plus récente de l'assistant ({manifest.version}, révision {manifest.revision}) : "
            "installez cette version, puis recommencez. Rien n'a été rétabli."
        )


def _known_revisions() -> set[str]:
    config = Config()
    config.set_main_option("script_location", "bot.storage:migrations")
    return {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}


def _refuse_loss(store: Store, fresh: Mapping[Path, Path | None]) -> None:
    if store.holds_rows() or any(target.exists() for target in fresh):
        raise BackupError("Il y a déjà des données ici. Pour les remplacer par la sauvegarde, ajoutez --replace. Rien n'a été rétabli.")
