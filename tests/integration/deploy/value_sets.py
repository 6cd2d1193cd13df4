"""The sets of values that the chart is rendered with; each turns something on, and the last all that goes together."""

from collections.abc import Mapping
from typing import Any

MAIL = {"smtp": {"host": "mail.example.com", "sender": "rollcall@example.com"}}
CATALOGUE = {
    "runtimes": [{"name": "myruntime"}, {"name": "other"}],
    "applications": [{"id": "myapp", "runtime": "myruntime"}],
    "backends": [{"id": "b1", "runtime": "myruntime", "clients": [{"id": "my.app", "platforms": ["IOS"]}]}],
    "contactLists": [
        {
            "id": 3,
            "name": "Owners",
            "runtime": "myruntime",
            "fields": [{"id": 1, "name": "Email", "type": "string"}],
            "customEvents": ["SendDeviceLostAlert"],
            "onStatus": {"LOST": ["SendDeviceLostAlert"]},
        }
    ],
}
KEDA = {"defaults": {"autoscaling": {"kind": "keda"}}}
INGRESS = {
    "ingress": {"enabled": True, "className": "nginx", "host": "devices.example.com", "tlsSecret": "devices-tls"},
    "trustedProxies": ["10.0.0.0/8"],
}
ISSUER = {"issuer": "https://id.example.com", "audience": "rollcall", "jwksUrl": "https://id.example.com/jwks"}

SETS: Mapping[str, Mapping[str, Any]] = {
    "defaults": MAIL,
    "keda": {**MAIL, **KEDA},
    "keda with client certificates": {**MAIL, **KEDA, "kafka": {"securityProtocol": "SSL"}},
    "no operator, a Job, no TLS": {
        **MAIL,
        "kafka": {"bootstrapServers": "kafka:9092", "securityProtocol": "PLAINTEXT", "caSecret": ""},
        "strimzi": {"enabled": False},
        "topicsJob": {"enabled": True},
        "indexesJob": {"enabled": True},
    },
    "another Kafka with SASL": {
        **MAIL,
        "kafka": {
            "saslMechanism": "PLAIN",
            "caSecret": "",
            "topicPrefix": "Blue_",
            "users": {"contacts": {"username": "c", "secret": "c-kafka"}},
        },
        "strimzi": {"enabled": False},
    },
    "ingress": {**MAIL, **INGRESS, "catalogue": CATALOGUE},
    "monitoring": {**MAIL, "monitoring": {"enabled": True, "labels": {"release": "prometheus"}}},
    "a command": {**MAIL, "operator": {"args": ["reconcile", "--dry-run"]}},
    "the catalogue is a secret": {**MAIL, "catalogueSecret": {"name": "catalogue"}, "mongodb": {"caSecret": "ca"}},
    "two services without scaling": {
        "defaults": {"autoscaling": {"kind": "none"}, "preStopSeconds": 0, "drainDelay": 0},
        "services": {
            "contacts": {"enabled": False},
            "mobile-platform": {"enabled": False},
            "email-handlers": {"enabled": False},
        },
    },
    "everything": {
        **INGRESS,
        **KEDA,
        "catalogue": CATALOGUE,
        "smtp": {**MAIL["smtp"], "username": "mailer"},
        "commonLabels": {"team": "devices"},
        "commonAnnotations": {"example.com/owner": "devices"},
        "image": {
            "repository": "registry.example.com/rollcall",
            "digest": f"sha256:{'0' * 64}",
            "pullSecrets": [{"name": "pull"}],
        },
        "secrets": {"revision": "7", "variables": {"SIGNING_KEY_FILE": {"secret": "signing"}}},
        "mongodb": {"caSecret": "mongodb-ca"},
        "kafka": {"topicPrefix": "blue.", "userPrefix": "blue"},
        "strimzi": {
            "namespace": "kafka",
            "topicConfig": {"rollcall.contacts": {"retention.ms": "86400000"}},
            "partitions": {"rollcall.contacts": 12},
        },
        "topicsJob": {"enabled": True},
        "indexesJob": {"enabled": True, "activeDeadlineSeconds": 86400},
        "operator": {"args": ["outbox"]},
        "monitoring": {"enabled": True, "severities": {"RollcallDeadLetters": "info"}},
        "networkPolicy": {
            "mongodb": {"to": [{"ipBlock": {"cidr": "10.1.0.0/16"}}], "ports": [27017, 27018]},
            "extraEgress": [{"to": [{"ipBlock": {"cidr": "10.2.0.0/16"}}]}],
        },
        "services": {
            "contacts": {
                "replicas": 4,
                "autoscaling": {"kind": "hpa", "maxReplicas": 3},
                "env": {"MAX_REQUESTS": 256},
                "oidcIssuers": [ISSUER],
                "trustDeviceAdmin": True,
                "resources": {"requests": {"cpu": "1"}},
                "nodeSelector": {"disk": "fast"},
                "tolerations": [{"key": "devices", "operator": "Exists"}],
                "affinity": {"nodeAffinity": {}},
                "priorityClassName": "high",
                "podAnnotations": {"a": "b"},
                "podLabels": {"c": "d"},
                "serviceAccountAnnotations": {"e": "f"},
                "extraEnv": [{"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}],
                "terminationGracePeriodSeconds": 90,
                "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": 0},
                "minReadySeconds": 0,
                "revisionHistoryLimit": 2,
            },
        },
    },
}
