"""Rasa checks every answer of the action server against a schema of its own, and that schema against JSON Schema's each time.

The schema never changes: checked once, two thirds of the time of an action are saved (docs/adr/0005-understanding-measured-again.md).
What is refused, and with which error, stays the same.
"""

from __future__ import annotations

from typing import Any

from jsonschema.exceptions import best_match
from jsonschema.validators import validator_for
from rasa.core.actions.action import RemoteAction

_HINT = ". Failed to validate Action server response from API"


def check_schema_once() -> None:
    """Let RemoteAction check answers with one validator for all of them."""
    schema = RemoteAction.action_response_format_spec()
    kind = validator_for(schema)
    kind.check_schema(schema)
    validator = kind(schema)

    def validate(_: RemoteAction, result: Any) -> bool:
        error = best_match(validator.iter_errors(result))
        if error is None:
            return True
        error.message += _HINT
        raise error

    RemoteAction._validate_action_result = validate
