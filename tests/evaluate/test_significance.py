from __future__ import annotations

import pytest

from tasks.evaluate.significance import bootstrap, mcnemar, wilson


@pytest.mark.parametrize(
    ("gained", "lost", "p"),
    [(0, 0, 1.0), (5, 5, 1.0), (5, 0, 0.0625), (0, 5, 0.0625), (8, 1, 0.0390625), (10, 2, 0.03857421875)],
)
def test_mcnemar_is_the_exact_binomial_test(gained: int, lost: int, p: float) -> None:
    assert mcnemar(gained, lost) == pytest.approx(p, abs=1e-12)


def test_mcnemar_agrees_with_scipy_and_stands_large_numbers() -> None:
    from scipy.stats import binomtest

    assert mcnemar(300, 250) == pytest.approx(binomtest(250, 550).pvalue)
    assert 0 <= mcnemar(5000, 10) < 1e-300


def test_wilson_against_published_values() -> None:
    assert wilson(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert wilson(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert wilson(10, 10) == pytest.approx((0.7225, 1.0), abs=1e-4)
    assert wilson(0, 0) == (0.0, 1.0)


def test_the_bootstrap_draws_whole_clusters() -> None:
    together = bootstrap([(10, 10)] * 5 + [(10, 0)] * 5, 2000, seed=0)  # whole documents learned or not
    spread = bootstrap([(10, 5)] * 10, 2000, seed=0)  # the same gain in every document
    assert spread == (0.5, 0.5)
    assert together[0] < 0.3
    assert together[1] > 0.7
    assert bootstrap([(3, 1), (4, 2), (5, 0)], 200, seed=1) == bootstrap([(3, 1), (4, 2), (5, 0)], 200, seed=1)
