"""Header names that are no UTF-8: replaced, as Kafka's own client does, where aiokafka would never get past the record.

Programs in Go or C may write any bytes as a header's name. aiokafka raises for such a record, and again each time it is
fetched, so that nothing behind it in its partition would ever be read. It has no setting for that, so its two classes
are put in place of here, for the whole process. Only a batch with such a record is read by the slower code.
"""

from collections.abc import Sequence
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import _MemoryRecordsPy

_fetcher: Any = fetcher  # without types, and partly compiled


class Fetched(_fetcher.MemoryRecords):  # type: ignore[misc]  # of no known type
    """What was fetched of a partition; the bytes are kept for a second look."""

    def __init__(self, fetched: bytes) -> None:
        super().__init__(fetched)
        self.fetched = fetched


class PartitionRecords(_fetcher.PartitionRecords):  # type: ignore[misc]  # of no known type
    """The records of one partition, read with replaced names from where aiokafka could not read one."""

    _records_iterator: Any

    def __init__(self, tp: Any, records: Fetched, aborted: Sequence[tuple[int, int]] | None, *rest: Any) -> None:
        super().__init__(tp, records, aborted, *rest)
        self._aborted = aborted

    def __next__(self) -> Any:
        try:
            return next(self._records_iterator)
        except StopIteration:
            self._records_iterator = None
            raise
        except (UnicodeDecodeError, CorruptRecordException):
            if not isinstance(self._records, Fetched):
                raise
            self._begin_again(self._records.fetched)
            return super().__next__()

    def _begin_again(self, fetched: bytes) -> None:
        # From the start of what was fetched: records that have been given are passed over by their offsets.
        super().__init__(
            self._tp,
            _Replacing(fetched),
            self._aborted,
            self.next_fetch_offset,
            self._key_deserializer,
            self._value_deserializer,
            self._check_crcs,
            self._isolation_level,
        )


class _Text(bytearray):
    """Its parts decode whatever they are."""

    def __getitem__(self, at: Any) -> Any:
        found = super().__getitem__(at)
        return _Text(found) if isinstance(at, slice) else found

    def decode(self, encoding: str = "utf-8", errors: str = "backslashreplace") -> str:
        return super().decode(encoding, errors)


class _Batch(_DefaultRecordBatchPy):  # type: ignore[misc]  # final to type checkers only
    def __iter__(self) -> "_Batch":
        super().__iter__()
        self._buffer = _Text(self._buffer)
        return self


class _Replacing(_MemoryRecordsPy):  # type: ignore[misc]  # final to type checkers only
    def next_batch(self, *_: int) -> Any:
        batch: Any = self._next_slice
        self._cache_next()
        return _Batch(batch)


def replace() -> None:
    """Have all consumers of this process read such records."""
    _fetcher.MemoryRecords, _fetcher.PartitionRecords = Fetched, PartitionRecords
