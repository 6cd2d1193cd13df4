"""What the operations answer, as JSON. xml_writing writes the same as XML."""

from typing import Any

from marshmallow import Schema, fields


class _AsText(fields.String):
    """A value of any type as a text, which is what the vendor's clients expect here."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return str(value).lower() if isinstance(value, bool) else super()._serialize(value, attr, obj, **kwargs)


class Contact(Schema):
    """Contact, as an answer has it."""

    validation_warnings = fields.List(
        fields.String(),
        data_key="ValidationWarnings",
        metadata={"description": "One for each value that is not of its field's type."},
    )
    enc_contact_id = fields.String(data_key="EncContactId")
    list_id = fields.Integer(data_key="ListId")
    values = fields.Dict(data_key="Values")


class ContactsList(Schema):
    """A contact list."""

    id = fields.Integer(data_key="Id")
    name = fields.String(data_key="Name")
    count = fields.Integer(data_key="Count", metadata={"description": "How many contacts it has."})


class ContactSchemaFieldValue(Schema):
    """One of the values that a field offers."""

    id = fields.Integer(data_key="Id")
    value = fields.String(data_key="Value")
    order = fields.Integer(data_key="Order")
    in_use = fields.Boolean(data_key="InUse")


class ContactSchemaField(Schema):
    """A field of a contact list."""

    id = fields.Integer(data_key="Id")
    name = fields.String(data_key="Name", metadata={"description": "The key in Values."})
    default = _AsText(data_key="DefaultValue", allow_none=True)
    map_type = fields.String(data_key="MapType")
    position = fields.Integer(data_key="Position")
    values = fields.List(fields.Nested(ContactSchemaFieldValue), data_key="ContactSchemaFieldValues")


class Error(Schema):
    """A refusal."""

    message = fields.String(data_key="Message")
    code = fields.String(data_key="Code")
    correlation_id = fields.String(data_key="CorrelationId")


CONTACT = Contact()
CONTACT_LIST, CONTACT_LISTS = ContactsList(), ContactsList(many=True)
FIELDS = ContactSchemaField(many=True)
