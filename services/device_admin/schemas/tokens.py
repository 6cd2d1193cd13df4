"""The form and the answers of the token endpoint, for its description: RFC 6749 and RFC 7517 define them."""

from marshmallow import Schema, fields


class TokenForm(Schema):
    """A token request."""

    grant_type = fields.String(required=True)
    scope = fields.String()


class Token(Schema):
    """An access token."""

    access_token = fields.String()
    token_type = fields.String()
    expires_in = fields.Integer()
    scope = fields.String()


class TokenError(Schema):
    """Why there is none."""

    error = fields.String()
    error_description = fields.String()


class PublicKey(Schema):
    """One key that verifies tokens."""

    kty = fields.String()
    crv = fields.String()
    x = fields.String()
    y = fields.String()
    kid = fields.String()
    use = fields.String()
    alg = fields.String()


class PublicKeys(Schema):
    """A JSON Web Key Set."""

    keys = fields.List(fields.Nested(PublicKey))
