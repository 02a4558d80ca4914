/**
 * A live board of real flights on Spring WebFlux, with a channel between the replay and the board.
 */
@NullMarked
package dev.velox.examples.flightboard;

import org.jspecify.annotations.NullMarked;
