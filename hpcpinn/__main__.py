"""`python -m hpcpinn`, for where the command itself is not on the path."""

from hpcpinn.cli import main

if __name__ == "__main__":
    main()
