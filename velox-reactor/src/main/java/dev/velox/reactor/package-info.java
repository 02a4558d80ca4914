/**
 * What the constructs have in common for a user: exceptions that more than one of them raises, and
 * the listener through which they tell what they do.
 */
@NullMarked
package dev.velox.reactor;

import org.jspecify.annotations.NullMarked;
