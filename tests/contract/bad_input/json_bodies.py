"""Bodies that are no JSON, or JSON that two readers would read differently."""

from collections.abc import Iterator, Mapping

from tests.contract.bad_input import operations as op
from tests.contract.bad_input.case import Case, Operation

# `{}` stands for the right body's properties.
MALFORMED: Mapping[str, bytes] = {
    "nothing": b"",
    "white space": b" \r\n\t",
    "a BOM": b"\xef\xbb\xbf{{}}",
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "UTF-16 without a BOM": '{"a": 1}'.encode("utf-16-le"),
    "UTF-32": '{"a": 1}'.encode("utf-32"),
    "Latin-1": b'{{},"x":"\xfc"}',
    "an overlong NUL": b'{{},"x":"\xc0\x80"}',
    "half a character": b'{{},"x":"\xe2\x82"}',
    "an encoded surrogate": b'{{},"x":"\xed\xa0\x80"}',
    "a code point beyond Unicode": b'{{},"x":"\xf4\x90\x80\x80"}',
    "a high surrogate alone": b'{{},"x":"\\ud800"}',
    "a low surrogate alone": b'{{},"x":"\\udc00"}',
    "surrogates the wrong way round": b'{{},"x":"\\ude00\\ud83d"}',
    "a surrogate in a key": b'{{},"\\ud800":1}',
    "a key twice": b'{{},"x":1,"x":2}',
    "the same key twice": b'{{},"x":1,"x":1}',
    "a key twice by escapes": b'{{},"x":1,"\\u0078":2}',
    "a key twice further down": b'{{},"x":[{"y":1,"y":2}]}',
    "NaN": b'{{},"x":NaN}',
    "Infinity": b'{{},"x":Infinity}',
    "-Infinity": b'{{},"x":-Infinity}',
    "1e400": b'{{},"x":1e400}',
    "-1e400": b'{{},"x":-1e400}',
    "five thousand digits": b'{{},"x":' + b"9" * 5_000 + b"}",
    "a leading zero": b'{{},"x":01}',
    "a leading plus": b'{{},"x":+1}',
    "no digit after the point": b'{{},"x":1.}',
    "no digit before the point": b'{{},"x":.5}',
    "hexadecimal": b'{{},"x":0x10}',
    "an underscore": b'{{},"x":1_000}',
    "deep arrays": b'{{},"x":' + b"[" * 65 + b"]" * 65 + b"}",
    "very deep arrays": b"[" * 20_000,
    "deep objects": b'{{},"x":' + b'{"y":' * 70 + b"1" + b"}" * 71,
    "very deep objects": b'{"x":' * 10_000,
    "a trailing comma": b"{{},}",
    "three dots": b"{{}, ...}",
    "a comment": b"{{} /* all of it */}",
    "single quotes": b"{{},'x':'y'}",
    "a bare key": b"{{},x:1}",
    "no end": b"{{}",
    "no end of a text": b'{{},"x":"y',
    "an end too many": b"{{}}}",
    "two documents": b"{{}}{{}}",
    "a document and a word": b"{{}} x",
    "a NUL behind it": b"{{}}\0",
    "a NUL byte": b'{{},"x":"a\0b"}',
    "a line break in a text": b'{{},"x":"a\nb"}',
    "an unknown escape": b'{{},"x":"\\q"}',
    "half an escape": b'{{},"x":"\\u12"}',
    "a separator that is none": "{{},\u2028'x':1}".encode(),
    "a word": b"undefined",
    "Python's true": b'{{},"x":True}',
    "XML": b"<a/>",
    "a form": b"status=LOST",
}
NO_OBJECT: Mapping[str, bytes] = {
    "null": b"null",
    "true": b"true",
    "a number": b"1",
    "a text": b'"{}"',
    "an array": b"[]",
    "an array of the right object": b"[{{}}]",
}


def cases() -> Iterator[Case]:
    """Each against every operation that reads JSON."""
    for operation in op.WITH_JSON:
        for name, template in {**MALFORMED, **NO_OBJECT}.items():
            yield Case(
                group="JSON",
                name=name,
                operation=operation,
                expected=(operation.status("body"),),
                body=filled(operation, template),
            )


def filled(operation: Operation, template: bytes) -> bytes:
    """The template with the right body's properties in it, so that only the one thing is wrong."""
    return template.replace(b"{{}", b"{" + operation.raw_body[1:-1])
