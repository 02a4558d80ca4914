package dev.velox.examples.flightboard;

import java.time.LocalDate;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@code worker.js} is asked: how late will flights come, given these.
 *
 * @param id tells this question from others
 * @param before the arrivals of the days before, in the whole country
 * @param airports the airports that have had arrivals today
 */
record Question(long id, Hours before, List<Airport> airports) {

  /**
   * An airport.
   *
   * @param code its code
   * @param today its arrivals of today
   */
  record Airport(String code, Hours today) {}

  /** Of what the towers know; what is not of the day is of a day before. */
  static Question of(long id, @Nullable LocalDate day, List<Tower> towers) {
    Hours before = Hours.NONE;
    for (Tower tower : towers) {
      before = before.plus(tower.before());
      before = tower.isAt(day) ? before : before.plus(tower.today());
    }
    return new Question(
        id,
        before,
        towers.stream()
            .filter(tower -> tower.isAt(day) && tower.today().total() > 0)
            .map(tower -> new Airport(tower.figures().code(), tower.today()))
            .sorted(Comparator.comparing(Airport::code))
            .toList());
  }
}
