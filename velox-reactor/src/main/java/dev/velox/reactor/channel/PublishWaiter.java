package dev.velox.reactor.channel;

import dev.velox.reactor.internal.Waiter;

/**
 * Who waits until every subscriber for which publishers wait has room. It is accepted as a {@link
 * SendWaiter} is.
 */
abstract class PublishWaiter extends Waiter<Object> {

  // Written by the one whose change unlinks it, before it is signalled.
  int reached;

  /** What it wants to publish; valid once it is accepted. */
  abstract Object element();

  final boolean accept() {
    return grant(SendWaiter.ACCEPTED) || outcome() == SendWaiter.ACCEPTED;
  }
}
