"""Real servers for a machine without containers: MongoDB, a Kafka broker, a mail sink.

The local stack and the tests start them alike, so that what was tested is what a newcomer runs.
"""

from deploy.local.backends.kafka import Kafka
from deploy.local.backends.mongod import Mongod
from deploy.local.backends.server import BackendError, Server
from deploy.local.backends.smtp import MailSink
from deploy.local.backends.tansu import Tansu

__all__ = ["BackendError", "Kafka", "MailSink", "Mongod", "Server", "Tansu"]
