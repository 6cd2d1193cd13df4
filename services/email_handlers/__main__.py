"""`python -m email_handlers` runs the handlers."""

from chassis.serve import main
from email_handlers.app import create_app
from email_handlers.settings import Settings

main(Settings.from_env, create_app)
