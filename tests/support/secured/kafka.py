"""Apache Kafka as production has it: TLS only, logins by SCRAM or by a client's certificate, and rights."""

import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deploy.local.backends import Kafka
from deploy.local.backends.ports import LOOPBACK, free_port
from device_events import KafkaConnection
from tests.support.secured.certificates import Authority

ADMIN = "admin"
SETTINGS = """
listeners=CLIENTS://{host}:{port},CERTIFIED://{host}:{certified_port},CONTROLLER://{host}:{controller_port}
advertised.listeners=CLIENTS://{host}:{port},CERTIFIED://{host}:{certified_port}
listener.security.protocol.map=CLIENTS:SASL_SSL,CERTIFIED:SSL,CONTROLLER:PLAINTEXT
ssl.keystore.type=PEM
ssl.keystore.location={keystore}
ssl.truststore.type=PEM
ssl.truststore.location={truststore}
listener.name.certified.ssl.client.auth=required
ssl.principal.mapping.rules=RULE:^CN=(.*?)$/$1/,DEFAULT
sasl.enabled.mechanisms=SCRAM-SHA-512
sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512
listener.name.clients.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule \
required username="{admin}" password="{password}";
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
# ANONYMOUS is the broker at its controller; no client's listener lets anybody in without a login.
super.users=User:{admin};User:ANONYMOUS
"""


class SecuredKafka(Kafka):
    """`passwords` are those of all who may log in, `ADMIN` among them; who may do what is for the test to say."""

    def __init__(self, data: Path, logs: Path, authority: Authority, passwords: Mapping[str, str]) -> None:
        super().__init__(data, logs)
        self.authority = authority
        self.certified_port = free_port()
        self._passwords = passwords
        self._keystore = data / "keystore.pem"

    def connection(self, who: str, **changes: Any) -> KafkaConnection:
        """How this user connects with a password."""
        told: dict[str, Any] = {
            "bootstrap_servers": (self.bootstrap,),
            "security_protocol": "SASL_SSL",
            "username": who,
            "password": self._passwords[who],
            "ca_file": str(self.authority.file),
            "fetch_wait_ms": 10,
        }
        return KafkaConnection(**told | changes)

    def certified(self, who: str, **changes: Any) -> KafkaConnection:
        """How this user connects with a certificate."""
        certificate, key = self.authority.issue(who)
        told: dict[str, Any] = {
            "bootstrap_servers": (f"{LOOPBACK}:{self.certified_port}",),
            "security_protocol": "SSL",
            "ca_file": str(self.authority.file),
            "cert_file": str(certificate),
            "key_file": str(key),
            "fetch_wait_ms": 10,
        }
        return KafkaConnection(**told | changes)

    async def prepare(self) -> None:
        """Give the server its certificate, then as any other."""
        self.data.mkdir(parents=True, exist_ok=True)
        certificate, key = self.authority.issue("kafka", address=LOOPBACK)
        self._keystore.write_bytes(key.read_bytes() + certificate.read_bytes())
        await super().prepare()

    def settings(self) -> str:
        """Of two lines about one thing Kafka takes the later."""
        return super().settings() + SETTINGS.format(
            host=LOOPBACK,
            port=self.port,
            certified_port=self.certified_port,
            controller_port=self.controller_port,
            keystore=self._keystore.resolve(),
            truststore=self.authority.file.resolve(),
            admin=ADMIN,
            password=self._passwords[ADMIN],
        )

    def format_options(self) -> Sequence[str]:
        """The users have to be there before anybody can log in to make them."""
        users = ((name, password) for name, password in self._passwords.items())
        return [
            word
            for name, password in users
            for word in ("--add-scram", f"SCRAM-SHA-512=[name={name},password={password}]")
        ]

    def login(self) -> Mapping[str, Any]:
        """The administrator's."""
        return {
            "security_protocol": "SASL_SSL",
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": ADMIN,
            "sasl_plain_password": self._passwords[ADMIN],
            "ssl_context": ssl.create_default_context(cafile=self.authority.file),
        }
