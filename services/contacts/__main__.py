"""`python -m contacts` runs the service."""

from chassis.serve import main
from contacts.app import create_app
from contacts.settings import Settings

main(Settings.from_env, create_app)
