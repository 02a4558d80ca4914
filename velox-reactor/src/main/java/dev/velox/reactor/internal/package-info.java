/**
 * The machinery that every construct stands on: waiters and their queue, the trampoline that
 * signals them, the hand-over scheduler, discards, and argument checks. Nothing here is for users,
 * and nothing here may appear in a public signature.
 */
@NullMarked
package dev.velox.reactor.internal;

import org.jspecify.annotations.NullMarked;
