package dev.velox.tck.conformance;

import dev.velox.tck.Conformance;

/**
 * One entry of the conformance run.
 *
 * @param covers what it proves, as {@link PublicPublishers} names it: {@code Channel.send(Object)}
 * @param conformance the rules for it
 */
record Subject(String covers, Conformance<?> conformance) {}
