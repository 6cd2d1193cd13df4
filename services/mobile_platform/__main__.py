"""`python -m mobile_platform`: serve until told to stop."""

from chassis.serve import main
from mobile_platform.app import create_app
from mobile_platform.settings import Settings

if __name__ == "__main__":
    main(Settings.from_env, create_app)
