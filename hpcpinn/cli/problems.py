"""`hpcpinn problems`."""


def problems() -> None:
    """List the built-in problems with their equations."""
    from hpcpinn.model import catalogue

    for entry in catalogue.listing():
        parameters = ", ".join(f"{name} = {_spelled(value)}" for name, value in entry.parameters.items())
        print(f"{entry.name}\n    {entry.equation}")
        print(f"    parameters: {parameters or 'none'}")
        print(f"    exact solution: {'yes' if entry.has_exact else 'no'}")
    print('Your own: problem = "file.py:ClassName" in a study, with the file beside it.')


def _spelled(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)
