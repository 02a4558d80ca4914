package dev.velox.reactor.retry;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * An attempt that did not bring what it should: what a {@link Backoff} decides on and a {@link
 * RetryListener} is told.
 *
 * @param attempt which call it was, from 1; counted anew after progress where the policy says so
 * @param elapsed the time since the operation was subscribed, or zero if nothing in the policy asks
 *     for the time
 * @param previousDelay the delay before this attempt, zero before the first
 * @param error how it failed, or {@code null} if a result was refused or there was none
 * @param value the result that was refused, or {@code null}
 * @param random a number in [0, 1) drawn for this decision, so that the decision can be a pure
 *     function and still jitter
 */
public record FailedAttempt(
    int attempt,
    Duration elapsed,
    Duration previousDelay,
    @Nullable Throwable error,
    @Nullable Object value,
    double random) {}
