"""From raw samples to a claim: medians, their ratio, and how sure one may be of it."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log, pi, sqrt

import numpy as np
from numpy.typing import NDArray

from kernel_gepa.domain.timing import Estimate

RESAMPLES = 1000
LEAST_TO_TRIM = 5
EXPECTED_AS = 4  # degrees of freedom of an expected variance

# Student's t for a two-sided 95 % interval, by degrees of freedom; beyond the table the normal value is near enough.
T_95 = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.20, 2.18, 2.16, 2.14, 2.13)


def ratio_of_medians(numerator: Sequence[float], denominator: Sequence[float], *, seed: int = 0) -> Estimate:
    """median(numerator) / median(denominator) with its 95 % percentile bootstrap interval.

    Samples of the same round are drawn together, because a disturbance of the machine hits both sides of a round.
    """
    above, below = np.asarray(numerator), np.asarray(denominator)
    picks = np.random.default_rng(seed).integers(0, len(above), (RESAMPLES, len(above)))
    ratios = np.median(above[picks], axis=1) / np.median(below[picks], axis=1)
    low, high = np.percentile(ratios, (2.5, 97.5))
    value = float(np.median(above) / np.median(below))
    return Estimate(value, min(value, float(low)), max(value, float(high)))


def median(samples: Sequence[float], *, seed: int = 0) -> Estimate:
    """With its 95 % percentile bootstrap interval."""
    return ratio_of_medians(samples, [1.0] * len(samples), seed=seed)


def drift(samples: Sequence[float]) -> Estimate:
    """The last third over the first, of samples in the order they were taken; significant beyond their own scatter.

    Medians of few samples: their error is taken from the scatter of all of them, by the median absolute deviation,
    because a bootstrap over two or three samples finds hardly any.
    """
    values = np.log(np.asarray(samples))
    third = max(1, len(values) // 3)
    moved = float(np.median(values[-third:]) - np.median(values[:third]))
    scatter = 1.4826 * float(np.median(np.abs(values - np.median(values))))
    error = 1.96 * sqrt(pi / 2) * scatter * sqrt(2 / third)
    return Estimate(exp(moved), exp(moved - error), exp(moved + error))


def widened(estimate: Estimate, relative: float) -> Estimate:
    """The interval with another, independent relative error of that 95 % half-width added in quadrature."""
    down = sqrt(log(estimate.value / estimate.low) ** 2 + log(1 + relative) ** 2)
    up = sqrt(log(estimate.high / estimate.value) ** 2 + log(1 + relative) ** 2)
    return Estimate(estimate.value, estimate.value * exp(-down), estimate.value * exp(up))


def half_width(estimate: Estimate) -> float:
    """Relative: 0.03 for ±3 %."""
    return max(estimate.high / estimate.value, estimate.value / estimate.low) - 1


def repeatable(ratios: Sequence[float], *, floor: float) -> Estimate:
    """What a repetition of the whole measurement will find, from one ratio per fresh process.

    Two binaries with the same speed differ from process to process (where pages and branches come to lie), so the
    processes are the sample, not the launches. The interval is the 95 % prediction interval for the median over
    as many fresh processes again, on the logarithms, at least `floor` wide on either side. A median's variance is
    pi/2 times a mean's, and both this measurement and its repetition have one.
    """
    if len(ratios) < 2:
        raise ValueError("one process says nothing about the next; measure in at least two")
    logs = np.log(np.asarray(ratios))
    centre = float(np.median(logs))
    error, freedom = _standard_error(logs)
    half = max(T_95[min(freedom, len(T_95)) - 1] * error * sqrt(1 + pi / 2), log(1 + floor))
    return Estimate(exp(centre), exp(centre - half), exp(centre + half))


def averaged(ratios: Sequence[Estimate], *, spread: float) -> Estimate:
    """The mean of what a few processes found, on the logarithms, with its 95 % confidence interval.

    `spread` is the standard deviation that is expected between processes. It counts like `EXPECTED_AS` degrees beside
    what these few tell of it (a scaled inverse chi-squared prior on the variance): two or three processes may lie close
    together by chance, and an interval from them alone is either far too narrow or of no use.
    """
    logs = np.log([ratio.value for ratio in ratios])
    within = float(np.mean([(log(ratio.high / ratio.low) / 2 / 1.96) ** 2 for ratio in ratios]))
    freedom = EXPECTED_AS + len(ratios) - 1
    deviations = float(np.sum((logs - logs.mean()) ** 2))
    variance = (EXPECTED_AS * (spread**2 + within) + deviations) / freedom
    half = T_95[min(freedom, len(T_95)) - 1] * sqrt(variance / len(ratios))
    centre = float(logs.mean())
    return Estimate(exp(centre), exp(centre - half), exp(centre + half))


def _standard_error(values: NDArray[np.float64]) -> tuple[float, int]:
    """Of the centre of some values, and its degrees of freedom; from five on, one disturbed process does not count.

    Tukey and McLaughlin (1963): the two extremes take the values of their neighbours, and the error grows by what
    was given up. The plain standard deviation made one interval in ten eight times as wide when one process in
    twenty was disturbed.
    """
    count = len(values)
    if count < LEAST_TO_TRIM:
        return float(np.std(values, ddof=1)) / sqrt(count), count - 1
    ordered = np.sort(values)
    inner = np.clip(ordered, ordered[1], ordered[-2])
    return float(np.std(inner, ddof=1)) / ((1 - 2 / count) * sqrt(count)), count - 3
