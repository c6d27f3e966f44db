"""The classifier out of a trained model of Rasa's, read without Rasa: for measures that take seconds."""

from __future__ import annotations

import tarfile
import tempfile
from pathlib import Path

from bot.errors import TrainingError
from bot.understanding.classifier import Classifier

FILE = "classifier.joblib"
"""The file in which the component keeps what it learnt."""


def classifier_of(model: Path) -> Classifier:
    """Read the classifier of a model file that we trained. Raises TrainingError when there is none in it."""
    with tarfile.open(model) as archive, tempfile.TemporaryDirectory() as folder:
        member = next((member for member in archive.getmembers() if member.name.endswith(f"/{FILE}")), None)
        content = archive.extractfile(member) if member else None
        if content is None:
            raise TrainingError(f"{model} ne contient pas de classifieur : lancez « make train ».")
        path = Path(folder) / FILE
        path.write_bytes(content.read())
        return Classifier.load(path)
