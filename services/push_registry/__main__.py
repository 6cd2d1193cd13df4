"""`python -m push_registry` runs the service."""

from chassis.serve import main
from push_registry.app import create_app
from push_registry.settings import Settings

if __name__ == "__main__":
    main(Settings.from_env, create_app)
