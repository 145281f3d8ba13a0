"""What the trainers share."""

from __future__ import annotations

from pathlib import Path

from tasks.models.training import last_checkpoint


def test_a_checkpoint_that_was_not_written_whole_is_passed_over(tmp_path: Path) -> None:
    assert last_checkpoint(tmp_path) is None
    states = {2: '{"global_step": 2}', 10: '{"global_step": 10}', 12: '{"global_st', 14: None}
    for step, state in states.items():
        (tmp_path / f"checkpoint-{step}").mkdir()
        if state is not None:
            (tmp_path / f"checkpoint-{step}" / "trainer_state.json").write_text(state, encoding="utf-8")
    assert last_checkpoint(tmp_path) == str(tmp_path / "checkpoint-10")
