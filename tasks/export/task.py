"""aligned adapter -> one model folder that any Hugging Face loader reads."""

from __future__ import annotations

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State

from artifacts.publish import run_stage
from artifacts.runs import Run
from artifacts.stage import StageError, Work
from artifacts.store import Ref
from tasks.export.config import ExportConfig
from tasks.export.merge import differences, logits_of, merge
from tasks.models.config import ModelConfig
from tasks.models.local import load_model

TOLERANCE = {"float32": 1e-4, "bfloat16": 0.05}


@task(name="export", persist_result=False, cache_policy=NO_CACHE)
def export(run: Run, config: ExportConfig, align: Ref) -> Ref | State[Ref]:
    """Merge the adapter into its base."""
    return run_stage(run, config, {"align": align}, make)


def make(work: Work[ExportConfig]) -> None:
    aligned = work.inputs["align"]
    model = ModelConfig.model_validate_json((aligned / "model.json").read_text(encoding="utf-8"))
    work.models["base"] = f"{model.path} {model.identity()}"
    work.models["aligned"] = f"align {work.manifests['align'].digest}"
    before = merge(model, aligned / "adapter", work.out / "merged")
    saved = model.model_copy(update={"path": str(work.out / "merged")})
    apart = differences(before, logits_of(load_model(saved), saved))
    limit = work.config.max_relative_difference or TOLERANCE[model.dtype]
    if not apart["relative_difference"] <= limit:
        raise StageError(
            f"export: the merged model's logits lie {apart['relative_difference']:.2g} (relative) off those of base "
            f"and adapter, and at most {limit:g} may be (export.max_relative_difference); nothing was written"
        )
    work.facts |= apart | {"tolerance": limit, "dtype": model.dtype}
    work.counts["in"] = work.counts["kept"] = 1
