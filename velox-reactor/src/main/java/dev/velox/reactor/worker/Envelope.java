package dev.velox.reactor.worker;

import reactor.util.context.Context;

/**
 * A message in an inbox.
 *
 * @param posted what was posted, to be discarded if it is not handled
 * @param message what is handled: the same, or a copy
 * @param context the context of who posted it
 * @param <M> the form of the messages
 */
record Envelope<M>(Object posted, M message, Context context) {}
