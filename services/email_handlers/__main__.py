"""`python -m email_handlers` runs the handlers."""

from device_events.handlers.runner import run

run("email_handlers.handlers")
