"""Runs a notebook with Jupyter's kernel "deno" in a folder, and writes its displayed outputs as JSON."""

import json
import sys

import nbformat
from nbclient import NotebookClient

path, folder, out = sys.argv[1:]
notebook = nbformat.read(path, as_version=4)
nbformat.validate(notebook)
resources = {"metadata": {"path": folder}}
NotebookClient(notebook, kernel_name="deno", timeout=600, resources=resources).execute()
cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
outputs = [output.data for cell in cells for output in cell.outputs if "data" in output]
with open(out, "w") as file:
    json.dump(outputs, file)
