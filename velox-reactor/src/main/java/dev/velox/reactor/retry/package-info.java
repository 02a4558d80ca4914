/**
 * Trying again: {@link dev.velox.reactor.retry.RetryPolicy} as a value that runs a call, works as
 * an operator, or goes into Reactor's own {@code retryWhen}; the schedules, budgets and exceptions
 * it is made of; and {@link dev.velox.reactor.retry.Hedge}, which asks a second time before the
 * first answer is known.
 *
 * <p>Inside: {@code RetryRun} decides, without knowing a publisher, whether and when one operation
 * goes on; {@code RetrySubscriber} (the operator) and {@code RetryCompanion} ({@code retryWhen}) do
 * what it says, which is why both ways agree.
 */
@NullMarked
package dev.velox.reactor.retry;

import org.jspecify.annotations.NullMarked;
