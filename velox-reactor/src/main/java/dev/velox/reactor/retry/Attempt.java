package dev.velox.reactor.retry;

import org.jspecify.annotations.Nullable;

/**
 * What a call may know about itself when it is made.
 *
 * @param number which call this is, from 1
 * @param lastFailure how the one before failed; {@code null} for the first, and after a result that
 *     was refused
 */
public record Attempt(int number, @Nullable Throwable lastFailure) {}
