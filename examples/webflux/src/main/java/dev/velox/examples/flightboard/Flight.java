package dev.velox.examples.flightboard;

import java.time.LocalDateTime;

/**
 * A flight, as the file has it, as clients post it, and as readers get it.
 *
 * @param scheduled its scheduled departure, local time
 * @param origin where it starts, as IATA code
 * @param destination where it lands, as IATA code
 * @param distanceMiles how far that is
 * @param arrivalDelayMinutes how late it came; negative if it came early
 */
record Flight(
    LocalDateTime scheduled,
    String origin,
    String destination,
    int distanceMiles,
    int arrivalDelayMinutes) {}
