"""synthetic-data-kit: its command over a folder of text files, one a section; it sends a second request for each, which
asks for a summary, and has no dial for how many files are worked on at a time."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import yaml


def main() -> None:
    job = json.loads(Path("job.json").read_text(encoding="utf-8"))
    shutil.rmtree("texts", ignore_errors=True)
    Path("texts").mkdir()
    for section in job["sections"]:
        Path("texts", f"{section['id']}.txt").write_text(section["text"], encoding="utf-8")
    # the default configuration, but for the endpoint and for what may be asked at a time
    default = Path(sys.prefix).glob("lib/python*/site-packages/synthetic_data_kit/config.yaml")
    config = yaml.safe_load(next(default).read_text(encoding="utf-8"))
    config["llm"]["provider"] = "api-endpoint"
    config["api-endpoint"] |= {"api_base": job["url"], "api_key": "none", "model": "scripted"}
    config["generation"] |= {"batch_size": job["concurrency"]}
    Path("config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    command = [str(Path(sys.prefix, "bin", "synthetic-data-kit")), "-c", "config.yaml", "create", "texts"]
    subprocess.run([*command, "--type", "qa", "--output-dir", "made"], check=True)
    Path("left_out.jsonl").touch()  # a reply that can't be read leaves an empty list, without a reason
    with Path("rows.jsonl").open("w", encoding="utf-8") as file:
        for section in job["sections"]:
            made = Path("made", f"{section['id']}_qa_pairs.json")
            for pair in json.loads(made.read_text(encoding="utf-8"))["qa_pairs"] if made.is_file() else ():
                file.write(json.dumps({"section": section["id"], **pair}) + "\n")


if __name__ == "__main__":
    main()
