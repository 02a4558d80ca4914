/**
 * The rules of Reactive Streams as dynamic tests of JUnit Jupiter: the official TCK run as a
 * library, the kit's own checks where the TCK has none, and a report of what held.
 */
@NullMarked
package dev.velox.tck;

import org.jspecify.annotations.NullMarked;
