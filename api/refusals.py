"""What only the API refuses: requests that never come as far as a statement."""

from __future__ import annotations

from ledger.errors import Refusal


class RequestMalformed(Refusal):
    """A parameter, header or body is missing, or not of the form that the API describes."""

    code = "malformed-request"
    title = "The request is not well formed"


class BodyTooLarge(Refusal):
    """The body is larger than this resource takes."""

    code = "body-too-large"
    title = "The body is too large"


class BatchTooLong(Refusal):
    """The batch holds more statements than one request may."""

    code = "batch-too-long"
    title = "The batch holds too many statements"


class MediaTypeUnsupported(Refusal):
    """The body's media type is not one that this resource takes."""

    code = "media-type-unsupported"
    title = "The body's media type is not supported"


class NotAcceptable(Refusal):
    """The resource has no representation of the media types that the request accepts."""

    code = "not-acceptable"
    title = "No representation of this kind"


class RegisterTooLong(Refusal):
    """The register has more rows than one file may; its pages have them all."""

    code = "register-too-long"
    title = "The register is too long for one file"


class NotFound(Refusal):
    """There is no such resource, or this reader may not know of it: the two look the same."""

    code = "not-found"
    title = "There is no such resource"


class MethodNotAllowed(Refusal):
    """The resource does not offer this method; the header ``Allow`` lists those it offers."""

    code = "method-not-allowed"
    title = "The resource does not offer this method"


class CredentialMissing(Refusal):
    """The resource is not public and the request carries no bearer token."""

    code = "credential-missing"
    title = "A bearer token is needed"


class CredentialInvalid(Refusal):
    """The bearer token or the client assertion is forged, expired, used before, or of a key not in force."""

    code = "credential-invalid"
    title = "The credential is not valid"


class PermissionMissing(Refusal):
    """The token's party or scope does not reach this far."""

    code = "permission-missing"
    title = "The token does not permit this"


class TokenRequestInvalid(Refusal):
    """The token request is not one of RFC 6749 section 4.4 with RFC 7523; ``error`` says which part."""

    code = "token-request-invalid"
    title = "The token request is not valid"


class TooManyRequests(Refusal):
    """This address or key has asked too much in the last minute; ``Retry-After`` says when to come back."""

    code = "too-many-requests"
    title = "Too many requests"


class RequestRefused(Refusal):
    """The HTTP layer refuses the request for another reason, which ``status`` tells."""

    code = "request-refused"
    title = "The request is refused"
