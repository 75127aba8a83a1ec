"""Reading a cluster profile, and wording what is wrong with one."""

import tomllib
import typing
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from hpcpinn.errors import ClusterError, nearest
from hpcpinn.launch.slurm.profile import FOLDERS, Profile
from hpcpinn.study import toml


def read_profile(name: str) -> Profile:
    """Read the profile of a cluster.

    Args:
        name: a file, or the name of one in `slurm/clusters` or `~/.config/hpcpinn/clusters`, without its `.toml`.

    Raises:
        ClusterError: there is none, or one of its fields is wrong; the message names the field and what to write.
    """
    path = _find(name)
    try:
        return parse_profile(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise ClusterError(f"{path} cannot be read ({error}); allowed: a cluster profile in TOML.") from error


def parse_profile(text: str, origin: str = "profile") -> Profile:
    """Read the text of a profile; messages begin with `origin`.

    Raises:
        ClusterError: it is not a profile.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ClusterError(f"{origin}: {error}; allowed: TOML. {_EXAMPLES}") from error
    try:
        return Profile.model_validate(content)
    except ValidationError as error:
        raise ClusterError(f"{origin}: {_worded(error, content)}") from error


_EXAMPLES = "slurm/clusters has examples."


def _find(name: str) -> Path:
    candidates = [Path(name), *(folder.expanduser() / f"{name}.toml" for folder in FOLDERS)]
    for path in candidates:
        with suppress(OSError):  # a name that is too long, or a folder that is not ours
            if path.is_file():
                return path
    known = sorted({path.stem for folder in FOLDERS for path in folder.expanduser().glob("*.toml")})
    there = f"; {nearest(name, known)}" if known else "; allowed: a file in TOML."
    raise ClusterError(f"there is no cluster profile `{name}`{there} {_EXAMPLES} Write --cluster path/to/profile.toml.")


def _worded(error: ValidationError, content: dict[str, Any]) -> str:
    ranks = {"extra_forbidden": 0, "missing": 2}
    first = min(error.errors(include_url=False), key=lambda details: ranks.get(details["type"], 1))
    key = str(first.get("ctx", {}).get("key") or first["loc"][0])
    if key not in Profile.model_fields:
        return (
            f"`{key}` is not a field of a cluster profile; {nearest(key, Profile.model_fields)} Correct or remove it."
        )
    return _field(key, content, first)


def _field(key: str, content: dict[str, Any], details: ErrorDetails) -> str:
    field = Profile.model_fields[key]
    choices = typing.get_args(field.annotation) if typing.get_origin(field.annotation) is Literal else ()
    allowed = ", ".join(map(toml.spelled, choices)) or field.description
    write = f"Write for example `{toml.line(key, (*(field.examples or ()), *choices)[0])}`."
    context = details.get("ctx", {})
    reason = f": {context['reason']}" if "reason" in context else ""
    what = f"`{toml.line(key, content[key])}` cannot be used" if key in content else f"`{key}` is missing"
    return f"{what}{reason}; allowed: {allowed}. {write}"
