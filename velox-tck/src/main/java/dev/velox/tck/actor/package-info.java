/**
 * Tests of actors: a mailbox that the test reads ({@link dev.velox.tck.actor.ActorProbe}), a
 * behaviour step by step ({@link dev.velox.tck.actor.BehaviorTester}), and their time by hand
 * ({@link dev.velox.tck.actor.ManualTime}).
 *
 * <p>It needs velox-reactor, whose actors it tests, so that whoever uses it has it: the dependency
 * is optional, and the rest of this kit, which tests anyone's publishers, runs without. A kit of
 * its own would be one more artifact for the same users, and would need what is public in neither:
 * the simulation that a probe drives.
 *
 * <p>Nothing here implements an interface that actors are seen by. What the test holds is a real
 * actor on a scheduler whose tasks the test runs, and what a behaviour does with its context is
 * written down on the way to the real one.
 */
@NullMarked
package dev.velox.tck.actor;

import org.jspecify.annotations.NullMarked;
