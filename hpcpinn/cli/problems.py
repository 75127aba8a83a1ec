"""`hpcpinn problems`."""


def problems() -> None:
    """List the built-in problems with their equations."""
    from hpcpinn.model import catalogue

    for entry in catalogue.listing():
        parameters = ", ".join(f"{name} = {_spelled(value)}" for name, value in entry.parameters.items())
        print(f"{entry.name}\n    {entry.equation}")
        print(f"    parameters: {parameters or 'none'}")
        print(f"    exact solution: {_answer(entry.has_exact, entry.has_reference)}")
    print('Your own: problem = "file.py:ClassName" in a study, with the file beside it.')


def _answer(has_exact: bool, has_reference: bool) -> str:
    return "yes" if has_exact else "no, but a reference solution is computed" if has_reference else "no"


def _spelled(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)
