"""A local stack's record: what `make run` writes to .rollcall/stack.json, as settings."""

import json
import os
from pathlib import Path

from rollcall.outcome import Misused


def use_stack(file: Path) -> None:
    """Take from the record each variable that the environment does not give. Raises Misused."""
    try:
        variables = json.loads(file.read_text(encoding="utf-8"))["variables"]
        told = {str(name): str(value) for name, value in variables.items()}
    except FileNotFoundError:
        raise Misused(f"there is no {file}: it is there while `make run` serves") from None
    except OSError as error:
        raise Misused(f"{file} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Misused(f"{file} is no record of a local stack") from None
    for name, value in told.items():
        bare = name.removesuffix("_FILE")
        if bare not in os.environ and f"{bare}_FILE" not in os.environ:
            os.environ[name] = value
