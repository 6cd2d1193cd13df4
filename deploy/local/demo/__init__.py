"""The story that `make run` and `make demo` play: one device registered in four places, then lost."""

from deploy.local.demo.story import play

__all__ = ["play"]
