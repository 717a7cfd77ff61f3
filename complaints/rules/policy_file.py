"""The handling policy as a YAML file: written for people, read with the line of every field."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

DEEPEST = 12


@dataclass(frozen=True)
class PolicyFile:
    """What a file says, and on which line each path stands."""

    content: Any
    lines: Mapping[str, int] = field(default_factory=dict)

    def line_of(self, path: str) -> int:
        """Return the line of a path, or of what it stands in where it is missing."""
        while path and path not in self.lines:
            path = path.rpartition(".")[0]
        return self.lines.get(path, 1)


class PolicyFileError(ValueError):
    """The file cannot be read: `code` says why, `line` where."""

    def __init__(self, code: str, line: int, value: str = "") -> None:
        """Keep why and where."""
        super().__init__(f"line {line}: {code}")
        self.code = code
        self.line = line
        self.value = value


def read_policy_file(text: str) -> PolicyFile:
    """Read a file. Raises PolicyFileError for no YAML, references, and keys said twice."""
    try:
        _demand_plainness(text)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        if node is None:
            raise PolicyFileError("empty", 1)
        lines = dict(_lines(node, ""))
        content = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise PolicyFileError("no_yaml", mark.line + 1 if mark else 1) from error
    except (yaml.YAMLError, ValueError) as error:
        if isinstance(error, PolicyFileError):
            raise
        raise PolicyFileError("no_yaml", 1) from error
    return PolicyFile(content, lines)


def _demand_plainness(text: str) -> None:
    """Refuse references and deep nesting before anything is built from the file."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise PolicyFileError("reference", line)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise PolicyFileError("too_deep", line)


def _lines(node: yaml.Node, path: str) -> Iterator[tuple[str, int]]:
    yield path, node.start_mark.line + 1
    dot = f"{path}." if path else ""
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _lines(item, f"{dot}{index}")
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in seen:
                raise PolicyFileError("key_twice", key.start_mark.line + 1, name)
            seen.add(name)
            yield from _lines(value, f"{dot}{name}")
            yield f"{dot}{name}", key.start_mark.line + 1


def write_policy_file(content: Mapping[str, Any], *, heading: str) -> str:
    """Return a content as a file that `read_policy_file` reads back to the same content."""
    comment = "".join(f"# {line}\n" for line in heading.splitlines())
    body = yaml.dump(
        dict(content),
        Dumper=_Dumper,
        allow_unicode=True,
        sort_keys=False,
        width=100,
    )
    return f"{comment}\n{body}"


class _Dumper(yaml.SafeDumper):
    """Short lists and names on one line, the rest in blocks."""

    def ignore_aliases(self, _data: Any) -> bool:
        """Write everything out: a reader refuses references."""
        return True


def _write_list(dumper: yaml.SafeDumper, items: list[Any]) -> yaml.Node:
    flat = all(isinstance(item, str) for item in items)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=flat)


def _write_group(dumper: yaml.SafeDumper, group: dict[str, Any]) -> yaml.Node:
    flat = group.keys() == {"en", "zh"}
    return dumper.represent_mapping("tag:yaml.org,2002:map", group, flow_style=flat)


_Dumper.add_representer(list, _write_list)
_Dumper.add_representer(dict, _write_group)
