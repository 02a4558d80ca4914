package dev.velox.reactor.channel;

/** Who waits until every subscriber for which publishers wait has room. */
abstract class PublishWaiter extends AdmissionWaiter {

  // Written by the one whose change unlinks it, before it is signalled.
  int reached;

  /** What it wants to publish; valid until it is let in. */
  abstract Object element();
}
