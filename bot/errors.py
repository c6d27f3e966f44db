"""The errors of the assistant, as one tree.

AssistantError              what a process may catch at its edge; its message is a French sentence for staff
├── SettingError            a setting is wrong: stop at start
├── KnowledgeError          a data file is wrong: names file, line and what to do
├── StorageError            the database is away or refuses
├── BackupError             a backup cannot be made, or may not be restored; what stood there still stands
├── RequestError            what was asked for cannot be done: a request that may not be routed, an unknown mail
│   ├── UnknownError             there is no such thing, or not any more
│   └── OvertakenError           somebody or something else was quicker
├── DeliveryError           a mail could not be handed over
│   ├── TemporaryDeliveryError   try again later
│   │   └── UncertainDeliveryError   the same, but the mail may have arrived: nobody knows
│   └── PermanentDeliveryError   do not try again: somebody has to look
├── ReleaseError            a release cannot be had, or is not what its checksums say; what runs goes on running
├── TrainingError           the model could not be trained; the old one, if any, is untouched
└── UnavailableError        another process of the assistant does not answer
"""

from __future__ import annotations


class AssistantError(Exception):
    """Base of all errors that the assistant raises on purpose."""


class SettingError(AssistantError):
    """A setting has a value that cannot be used. The message names the setting and says what is expected."""


class KnowledgeError(AssistantError):
    """A data file cannot be used. The message names the file, the line and what to do."""


class StorageError(AssistantError):
    """The database cannot be read or written."""


class BackupError(AssistantError):
    """A backup cannot be made or restored. Nothing was changed."""


class RequestError(AssistantError):
    """What is asked for may not or cannot be done; nothing was written. The message says why."""


class UnknownError(RequestError):
    """What is asked for is not there, or not any more."""


class OvertakenError(RequestError):
    """It could be done before; somebody, or a mail that left, was quicker."""


class DeliveryError(AssistantError):
    """A mail was not accepted by the mail server."""


class TemporaryDeliveryError(DeliveryError):
    """The mail server is away or busy: the mail is tried again later."""


class UncertainDeliveryError(TemporaryDeliveryError):
    """The mail was handed over and the server did not say that it has it: it is tried again, and may arrive twice."""


class PermanentDeliveryError(DeliveryError):
    """The mail server refused this mail for good."""


class ReleaseError(AssistantError):
    """A release cannot be had here, or one of its files is not what its checksum says. It is not taken up."""


class TrainingError(AssistantError):
    """Rasa did not make a model. The message ends with the last lines of its log."""


class UnavailableError(AssistantError):
    """Rasa or the action server does not answer."""
