"""Arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

StudyFile = Annotated[Path, typer.Argument(metavar="STUDY", help="The study file, such as jobs/quickstart.toml.")]
StoreFolder = Annotated[Path, typer.Argument(metavar="STORE", help="The store, such as results/quickstart.zarr.")]
StoreOption = Annotated[
    Path | None, typer.Option("--store", metavar="DIR", help="Folder of the store.", show_default="results/<name>.zarr")
]
_cluster = typer.Option("--cluster", metavar="PROFILE", help="A cluster profile, or the name of one.")
Cluster = Annotated[str, _cluster]
ClusterOption = Annotated[str | None, _cluster]
