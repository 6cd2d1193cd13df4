"""The table of values in the chart's README, from the comments of values.yaml.

A comment that begins with `# --` describes the value below it. A value without one has a row of its own too, unless it
is part of one that has.
"""

from collections.abc import Iterator, Sequence

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode

MARK = "# -- "
LONGEST = 100  # characters of a default that are shown
HEAD = ("| value | default | what it is |", "|---|---|---|")


def values_table(text: str) -> str:
    """The table of such a values.yaml, as Markdown."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    assert isinstance(root, MappingNode)  # noqa: S101 - values.yaml is ours
    return "\n".join([*HEAD, *_rows(root, text.splitlines(), ())]) + "\n"


def _rows(node: MappingNode, lines: Sequence[str], path: Sequence[str]) -> Iterator[str]:
    for key, value in node.value:
        here = (*path, key.value)
        said = _said(key, lines)
        if isinstance(value, MappingNode) and value.value and not said and not value.flow_style:
            yield from _rows(value, lines, here)
        else:
            yield f"| `{'.'.join(here)}` | {_shown(value)} | {said.replace('|', '&#124;')} |"
            if isinstance(value, MappingNode) and _described(value, lines):
                yield from _rows(value, lines, here)


def _described(node: MappingNode, lines: Sequence[str]) -> bool:
    return not node.flow_style and any(_said(key, lines) for key, _ in node.value)


def _said(key: ScalarNode, lines: Sequence[str]) -> str:
    above = lines[key.start_mark.line - 1].strip() if key.start_mark.line else ""
    return above.removeprefix(MARK) if above.startswith(MARK) else ""


def _shown(value: Node) -> str:
    plain = yaml.safe_load(yaml.serialize(value, Dumper=yaml.SafeDumper))
    text = yaml.safe_dump(plain, default_flow_style=True, width=10_000, sort_keys=False).removesuffix("\n...\n").strip()
    return f"`{text}`" if len(text) <= LONGEST else "see values.yaml"
