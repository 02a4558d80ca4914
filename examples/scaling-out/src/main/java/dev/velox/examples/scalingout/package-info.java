/** A channel that reaches into another JVM, with its back-pressure, over RSocket. */
package dev.velox.examples.scalingout;
