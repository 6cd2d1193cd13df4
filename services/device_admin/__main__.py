"""`python -m device_admin`."""

from chassis.serve import main
from device_admin.app import create_app
from device_admin.settings import Settings

if __name__ == "__main__":
    main(Settings.from_env, create_app)
