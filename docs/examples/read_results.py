"""What runs have come to, as a table, from their files alone. Needs Python 3.8 or later, and no package.

    python read_results.py runs/RUN [runs/RUN ...]

run.json is the record of a run, metrics.jsonl has a line of figures for each logged update."""
import json
import sys
from pathlib import Path


def flat(results, before=""):
    """Numbers by their dotted names: {"mse": {"ebmFce": 0.002}} is {"mse.ebmFce": 0.002}."""
    numbers = {}
    for name, value in results.items():
        if isinstance(value, dict):
            numbers.update(flat(value, f"{before}{name}."))
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            numbers[before + name] = value
    return numbers


def last_lines(folder):
    """Of each training its last line of metrics, by the training's name. A run that has just begun has none."""
    path = folder / "metrics.jsonl"
    if not path.exists():
        return {}
    with path.open(encoding="utf-8") as lines:
        parsed = [json.loads(line) for line in lines if line.strip()]
    return {line["training"]: line for line in parsed}


def rows_of(folder):
    """Rows of the table: the run, what the figure is of, its name, its value."""
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    run = record["id"]
    yield run, "run", "status", record["status"]
    yield run, "run", "seed", record["seed"]
    for name, value in sorted(flat(record["results"]).items()):
        yield run, "result", name, value
    for training, line in last_lines(folder).items():
        yield run, training, "update", line["update"]
        # V of a contrast, mean log-density of a training by likelihood; in nats
        for name in ("value", "logProb"):
            if isinstance(line.get(name), (int, float)):
                yield run, training, name, line[name]


def text_of(value):
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def print_table(rows):
    """Columns as wide as what stands in them."""
    table = [("run", "of", "figure", "value"), *[(*row[:3], text_of(row[3])) for row in rows]]
    widths = [max(len(row[column]) for row in table) for column in range(4)]
    for row in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


if __name__ == "__main__":
    folders = [Path(name) for name in sys.argv[1:]]
    missing = [folder for folder in folders if not (folder / "run.json").is_file()]
    if missing or not folders:
        got = ", ".join(map(str, missing)) or "none"
        sys.exit(f"Expected folders of runs, each with a run.json, got {got}; name them, as in runs/RUN.")
    print_table([row for folder in folders for row in rows_of(folder)])
