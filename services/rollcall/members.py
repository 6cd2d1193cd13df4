"""Who reads for a consumer group: what is handed to a group that does not listen would never be heard."""

from typing import Any

from aiokafka.coordinator.protocol import ConsumerProtocolMemberMetadata

from device_events import KafkaConnection

_STABLE = "Stable"


async def listens(kafka: KafkaConnection, group: str, topic: str) -> bool:
    """Whether a member of the group reads this topic, or nobody can say: the group is away, or just being formed.

    Raises KafkaError.
    """
    admin = kafka.admin()
    await admin.start()
    try:
        answers: Any = await admin.describe_consumer_groups([kafka.name(group)])
    finally:
        await admin.close()
    ((_code, _name, state, _type, _protocol, members, *_),) = answers[0].groups
    if state != _STABLE or not members:
        return True
    read = {name for member in members for name in ConsumerProtocolMemberMetadata.decode(member[3]).subscription}
    return kafka.name(topic) in read
