package dev.velox.tck;

/** What becomes of a publisher's elements when several subscribers subscribe to one instance. */
public enum FanOut {
  /** One subscriber ever; the next one is refused by {@code onError}, after {@code onSubscribe}. */
  UNICAST,
  /** Several subscribers; each has a part of the elements, or elements of its own. */
  COMPETING,
  /**
   * Several subscribers; each has all elements, in the same order, and none before all of them have
   * requested it.
   */
  LOCK_STEP,
  /** Several subscribers; each has all elements, in the same order, at its own pace. */
  MULTICAST
}
